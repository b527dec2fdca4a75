// SPDX-License-Identifier: MIT
// The figures of bench_ticks as SQL: ticks_duckdb.mjs TAPE OUT. One thread; the table is loaded before the clock starts.
// Prints CPU time per quote as one JSON object.
import { readFileSync, writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRequire } from 'node:module';

const require = createRequire(join(process.env.BENCH_DUCKDB_DIR, 'package.json'));
const { DuckDBInstance } = require('@duckdb/node-api');

const WINDOWS = [10, 60, 300];

// Rows with what each of them adds; `changed` of the first is true.
const DELTAS = `CREATE TABLE d AS
SELECT *, ask - bid AS spread, lag(bid) OVER o AS b0, lag(ask) OVER o AS a0, lag(bsz) OVER o AS bs0, lag(asz) OVER o AS as0,
  lead(ts) OVER o AS ts1,
  (ts + 999999999) // 1000000000 * 1000000000 AS tick
FROM q WINDOW o AS (ORDER BY i)`;

const ADDS = `CREATE TABLE e AS
SELECT *, (b0 IS NULL OR bid <> b0 OR ask <> a0 OR bsz <> bs0 OR asz <> as0)::INT AS changed,
  coalesce((bid > b0)::INT, 0) AS lift, coalesce((bid < b0)::INT, 0) AS down,
  coalesce((ask > a0)::INT, 0) AS alift, coalesce((ask < a0)::INT, 0) AS adown,
  CASE WHEN b0 IS NULL THEN 0 WHEN bid > b0 THEN bsz WHEN bid = b0 THEN greatest(bsz - bs0, 0) ELSE 0 END AS badd,
  CASE WHEN b0 IS NULL THEN 0 WHEN bid < b0 THEN bs0 WHEN bid = b0 THEN greatest(bs0 - bsz, 0) ELSE 0 END AS brem,
  CASE WHEN a0 IS NULL THEN 0 WHEN ask < a0 THEN asz WHEN ask = a0 THEN greatest(asz - as0, 0) ELSE 0 END AS aadd,
  CASE WHEN a0 IS NULL THEN 0 WHEN ask > a0 THEN as0 WHEN ask = a0 THEN greatest(as0 - asz, 0) ELSE 0 END AS arem
FROM d`;

const TICKS = `CREATE TABLE t AS
SELECT unnest(generate_series((SELECT min(tick) FROM d), (SELECT max(tick) FROM d), 1000000000)) AS now`;

// How long a row was in force within the window, and the one before its first row; sums over both.
const NS = '(least(coalesce(e.ts1, t.now), t.now) - e.ts)';
const SEED = (w) => `(min(e.ts) - t.now + ${w}000000000)`;
const total = (w) => `(sum(${NS}) + CASE WHEN f.bid IS NULL THEN 0 ELSE ${SEED(w)} END)`;
const windowSql = (w) => {
  const value = (row, x, op, y) => (op ? `(${row}.${x}${op}${row}.${y})` : `${row}.${x}`);
  const held = (x, op, y) => `(sum(${value('e', x, op, y)} * ${NS}) + coalesce(${value('f', x, op, y)} * ${SEED(w)}, 0))`;
  return `CREATE TABLE w${w} AS
SELECT t.now, count(*) AS n, sum(changed) AS states, l.bid - coalesce(f.bid, arg_min(e.bid, e.i)) AS bmove,
  l.ask - coalesce(f.ask, arg_min(e.ask, e.i)) AS amove, sum(lift) AS lifts, sum(down) AS downs, sum(alift) AS alifts,
  sum(adown) AS adowns, l.bsz - coalesce(f.bsz, arg_min(e.bsz, e.i)) AS nbsz, l.asz - coalesce(f.asz, arg_min(e.asz, e.i)) AS nasz,
  trunc(sum(e.bsz) / count(*)) AS avgb, trunc(sum(e.asz) / count(*)) AS avga, floor(sum(e.spread) / count(*) + 0.5) AS avgs,
  min(e.spread) AS mins, max(e.spread) AS maxs, sum(badd) AS badd, sum(brem) AS brem, sum(aadd) AS aadd, sum(arem) AS arem,
  sum(badd) - sum(brem) - sum(aadd) + sum(arem) AS ofi, ${held('bsz')} / ${total(w)} AS twb, ${held('asz')} / ${total(w)} AS twa,
  ${held('ask', ' - ', 'bid')} / ${total(w)} / 10000000 AS tws,
  (sum((e.bsz - e.asz) / (e.bsz + e.asz) * ${NS}) + coalesce((f.bsz - f.asz) / (f.bsz + f.asz) * ${SEED(w)}, 0)) / ${total(w)} AS twq,
  ofi / (${held('bsz', ' + ', 'asz')} / 2 / ${total(w)}) AS ofin,
  ${['bsz', 'asz'].map((x) => `(sum(CASE WHEN e.${x} > 10000 THEN ${NS} ELSE 0 END) + CASE WHEN f.${x} > 10000 THEN ${SEED(w)} ELSE 0 END)
    // 1000000`).join(', ')}
FROM t ASOF LEFT JOIN q f ON t.now - ${w}000000000 >= f.ts ASOF JOIN q l ON t.now >= l.ts
  JOIN e ON e.ts > t.now - ${w}000000000 AND e.ts <= t.now
GROUP BY t.now, f.bid, f.ask, f.bsz, f.asz, l.bid, l.ask, l.bsz, l.asz`;
};

const states = (side, px, sz) => `CREATE TABLE st_${side} AS
WITH g AS (SELECT i, tick, ${sz} AS sz, sum((lag_px IS NULL OR ${px} <> lag_px OR ${sz} <> lag_sz)::INT) OVER (ORDER BY i) AS g
  FROM (SELECT i, tick, ${px}, ${sz}, lag(${px}) OVER (ORDER BY i) AS lag_px, lag(${sz}) OVER (ORDER BY i) AS lag_sz FROM d)),
s AS (SELECT g, any_value(sz) AS sz FROM g GROUP BY g),
ok AS (SELECT g, sz > p1 AND p1 > p2 AND p2 > 5000 AS ok FROM
  (SELECT g, sz, lag(sz, 1) OVER (ORDER BY g) AS p1, lag(sz, 2) OVER (ORDER BY g) AS p2 FROM s))
SELECT tick, count(*) AS n FROM g JOIN ok USING (g) WHERE ok GROUP BY tick`;

const ROWS = `CREATE TABLE fired AS
SELECT tick, count(*) FILTER (stands AND sumb / 10 > 8000) AS ab, count(*) FILTER (stands AND suma / 10 > 8000) AS aa,
  count(*) FILTER (abs(bsz - bs0) > 15000) AS sb, count(*) FILTER (abs(asz - as0) > 15000) AS sa,
  count(*) FILTER (ups + dns >= 10 AND ups > dns AND ups >= 2 * dns) AS up,
  count(*) FILTER (ups + dns >= 10 AND dns > ups AND dns >= 2 * ups) AS dn
FROM (SELECT *, count(*) OVER k = 10 AND max(bid) OVER k - min(bid) OVER k <= 10000000 AND max(ask) OVER k - min(ask) OVER k <= 10000000
    AS stands, sum(bsz) OVER k AS sumb, sum(asz) OVER k AS suma, sum(lift) OVER m AS ups, sum(down) OVER m AS dns FROM e
  WINDOW k AS (ORDER BY i ROWS BETWEEN 9 PRECEDING AND CURRENT ROW),
    m AS (ORDER BY ts RANGE BETWEEN 59999999999 PRECEDING AND CURRENT ROW))
GROUP BY tick`;

const ALL = `SELECT ${WINDOWS.map((w) => `w${w}.* EXCLUDE now`).join(', ')}, coalesce(ab, 0), coalesce(aa, 0),
  coalesce(x.n, 0), coalesce(y.n, 0), coalesce(sb, 0), coalesce(sa, 0), coalesce(up, 0), coalesce(dn, 0)
FROM t ${WINDOWS.map((w) => `JOIN w${w} ON t.now = w${w}.now`).join(' ')} LEFT JOIN fired ON fired.tick = t.now
  LEFT JOIN st_bid x ON x.tick = t.now LEFT JOIN st_ask y ON y.tick = t.now ORDER BY t.now`;

function csvOf(tape) {
  const n = Number(tape.readBigInt64LE(0));
  const int = (column, i) => tape.readBigInt64LE(8 + (column * n + i) * 8);
  const real = (column, i) => tape.readDoubleLE(8 + (column * n + i) * 8);
  const lines = ['i,ts,bid,ask,bsz,asz'];
  for (let i = 0; i < n; i++) {
    lines.push([i, int(0, i), int(1, i), int(2, i), real(3, i), real(4, i)].join(','));
  }
  return { n, csv: `${lines.join('\n')}\n` };
}

const dir = mkdtempSync(join(tmpdir(), 'of-duckdb-'));
try {
  const [tape, out] = process.argv.slice(2);
  const { n, csv } = csvOf(readFileSync(tape));
  writeFileSync(join(dir, 'q.csv'), csv);
  const db = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  await db.run(`CREATE TABLE q AS SELECT * FROM read_csv('${join(dir, 'q.csv')}', columns = {'i': 'BIGINT', 'ts': 'BIGINT',
    'bid': 'BIGINT', 'ask': 'BIGINT', 'bsz': 'DOUBLE', 'asz': 'DOUBLE'}) ORDER BY i`);
  const before = process.cpuUsage();
  for (const sql of [DELTAS, ADDS, TICKS, ...WINDOWS.map(windowSql), states('bid', 'bid', 'bsz'), states('ask', 'ask', 'asz'), ROWS]) {
    await db.run(sql);
  }
  const rows = (await db.runAndReadAll(ALL)).getRows();
  const cpu = process.cpuUsage(before);
  writeFileSync(out, Buffer.from(Float64Array.from(rows.flat().map(Number)).buffer));
  console.log(JSON.stringify({ quotes: n, ticks: rows.length, ns_per_quote: Math.round(((cpu.user + cpu.system) * 1e4) / n) / 10 }));
} finally {
  rmSync(dir, { recursive: true });
}
