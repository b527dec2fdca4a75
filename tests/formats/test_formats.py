# SPDX-License-Identifier: MIT
"""Every format: what the program reads of a file is what was written into it, to the nanosecond and the 1e-9."""
import json, os, pathlib, shutil, subprocess, sys, tempfile, unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import formats as f
import harness as h

ROWS = os.environ.get("OF_ROWS", str(h.ROOT / "build" / "release" / "tests" / "formats" / "import_rows"))


def expected(qs):
    """As given out: a side without price or size is none."""
    return [(ts, b or 0, bs if b else 0, a or 0, as_ if a else 0) for ts, b, bs, a, as_ in qs]


class Formats(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="of-formats-")
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    def save(self, data, name="x"):
        path = f"{self.dir}/{name}"
        pathlib.Path(path).write_bytes(data)
        return path

    def rows(self, data, *options, name="x", status=0, stdin=False):
        path = data if isinstance(data, str) else self.save(data, name)
        with open(path, "rb") as bytes_in:
            done = subprocess.run([ROWS, "-" if stdin else path, *options], capture_output=True, text=True, timeout=120,
                                  stdin=bytes_in)
        self.assertEqual(done.returncode, status, done.stderr)
        self.said = done.stderr
        return [(int(t), int(b), float(bs), int(a), float(as_)) for t, b, bs, a, as_ in
                (line.split() for line in done.stdout.splitlines())]

    def equal(self, got, wanted):
        """Of long lists only where they part: the diff of unittest takes minutes."""
        for i, (a, b) in enumerate(zip(got, wanted)):
            self.assertEqual(a, b, f"row {i}")
        self.assertEqual(len(got), len(wanted))

    def same(self, data, qs, format_name, *options, **more):
        self.equal(self.rows(data, *options, **more), expected(qs))
        self.assertIn(f"{format_name} ", self.said.splitlines()[-1] + " ")
        self.assertNotIn("malformed", self.said)

    def test_ours_plain_packed_and_from_standard_input(self):
        qs = f.quotes()
        for how in ("plain", "gzip", "zstd"):
            data = f.pack(f.orderflow(qs), how)
            self.same(data, qs, "orderflow")
            self.same(data, qs, "orderflow", stdin=True)
        twice = f.pack(f.orderflow(qs)[:5000], "gzip") + f.pack(f.orderflow(qs)[5000:], "gzip") + bytes(512)
        self.same(twice, qs, "orderflow")
        self.same(f.pack(f.orderflow(qs)[:5000], "zstd") + f.pack(f.orderflow(qs)[5000:], "zstd"), qs, "orderflow")

    def test_databento_csv_of_each_schema_fixed_and_pretty(self):
        qs = f.quotes()
        for schema in ("mbp-1", "bbo-1s", "cmbp-1"):
            for pretty in (False, True):
                self.same(f.databento_csv(qs, schema, pretty), qs, "databento SPY")
        self.same(f.databento_csv(qs, symbol=None), qs, "databento 15144")
        self.same(f.databento_csv(qs, symbol=None), qs, "databento", "ticker=SPY")
        lines = f.databento_csv(qs[:2]).replace(str(qs[0][0]).encode(), str(f.UNDEF_TS).encode(), 1)
        self.assertEqual(self.rows(lines)[0][0], qs[0][0] - 25_000)  # ts_event stands in

    def test_dbn_of_all_versions_and_schemas(self):
        qs = f.quotes()
        for version in (1, 2, 3):
            for schema in ("mbp-1", "bbo-1s", "mbp-10", "cmbp-1"):
                self.same(f.dbn(qs, version, schema), qs, "dbn SPY")
            self.same(f.dbn(qs, version, ts_out=True), qs, "dbn SPY")
            self.same(f.pack(f.dbn(qs, version), "zstd"), qs, "dbn SPY", stdin=True)
        for schema in ("tbbo", "cbbo-1s", "tcbbo", "bbo-1m"):
            self.same(f.dbn(qs, 2, schema), qs, "dbn SPY")

    def test_dbn_names_are_those_of_the_day(self):
        a, b = f.quotes(20, "2024-08-08"), f.quotes(20, "2024-08-09", seed=2)
        meta = lambda v: f.dbn_meta(v, {"OLD": [(20240801, 20240809, 7)], "NEW": [(20240809, 20240901, 7)]})
        for version in (1, 2, 3):
            data = meta(version) + b"".join(f.dbn_record(q, instrument=7) for q in a + b)
            self.equal(self.rows(data, "ticker=NEW"), expected(b))
            self.assertIn("20 rows of other tickers left out", self.said)
            self.equal(self.rows(data, "ticker=old"), expected(a))
            self.rows(data, status=1)
            self.assertIn("holds several tickers, OLD and NEW", self.said)
            self.rows(data, "ticker=SPY", status=1)
            self.assertIn("no quotes of SPY in it; it holds OLD, NEW", self.said)
            live = f.dbn_meta(version, {}) + f.dbn_mapping_record(version, 9, "ESZ5") + f.dbn_trade(9) + \
                b"".join(f.dbn_record(q, instrument=9) for q in a)
            self.same(live, a, "dbn ESZ5")
            self.assertIn("2 records of other kinds left out", self.said)

    def test_dbn_flags_and_venues(self):
        qs = f.quotes(30)
        self.same(f.dbn_meta(3, {}) + b"".join(f.dbn_record(q, flags=128 + 8 * (i < 4)) for i, q in enumerate(qs)), qs, "dbn")
        self.assertIn("4 rows marked BAD_TS_RECV or MAYBE_BAD_BOOK", self.said)
        two = f.dbn_meta(3, {}) + b"".join(f.dbn_record(q, publisher=1 + i % 2) for i, q in enumerate(qs))
        self.rows(two, status=1)
        self.assertIn("several venues side by side, 1 and 2", self.said)
        self.equal(self.rows(two, "venue=2"), expected(qs[1::2]))
        self.assertIn("15 rows of other venues left out", self.said)

    def test_dbn_damaged_or_cut_is_an_error_and_keeps_what_came_before(self):
        qs = f.quotes(30)
        whole = f.dbn(qs, 2)
        head = len(f.dbn_meta(2, {"SPY": [(20240101, 20250101, 15144)]}))
        for cut in (9, 60, head - 1):
            self.rows(whole[:cut], status=1)
            self.assertIn("cut short amid its metadata", self.said)
        self.equal(self.rows(whole[:-1], status=1), expected(qs[:-1]))
        self.assertIn(f"cut short amid a record, at byte {head + 29 * 80}", self.said)
        self.equal(self.rows(whole[:head + 80] + b"\0" + whole[head + 81:], status=1), expected(qs[:1]))
        self.assertIn(f"a record of 0 bytes at byte {head + 80} is damaged", self.said)
        self.rows(b"DBN\x04" + whole[4:], status=1)
        self.assertIn("version 4; 1 to 3 can be read", self.said)
        self.rows(b"DBN\x02\xff\xff\xff\xff" + whole[8:], status=1)
        self.assertIn("metadata of 4294967295 bytes", self.said)
        lying = bytearray(whole)
        lying[8 + 100 + 4:8 + 100 + 8] = b"\xff\xff\xff\x7f"  # as many symbols
        self.rows(bytes(lying), status=1)
        self.assertIn("the metadata are damaged", self.said)
        bad = f.dbn_record((1, *qs[0][1:])) + f.dbn_record((qs[0][0], -5 * f.E9, 1, 1, 1)) + f.dbn_record(qs[0])[:16].replace(
            b"\x14", b"\x04", 1)
        self.equal(self.rows(whole + bad), expected(qs))
        at = len(whole)
        self.assertIn(f"1 malformed rows (bad_timestamp), the first at byte {at}", self.said)
        self.assertIn(f"1 malformed rows (negative), the first at byte {at + 80}", self.said)
        self.assertIn(f"1 malformed rows (missing_field), the first at byte {at + 160}", self.said)

    def test_massive_sizes_are_lots_until_november_2025(self):
        old, new = f.quotes(), f.quotes(day="2025-11-03", lots=1)
        self.same(f.massive(old, lot=100), old, "massive SPY", name="2024-08-08.csv")
        self.same(f.massive(new), new, "massive SPY")
        both = f.massive(old, lot=100) + f.massive(f.quotes(50, seed=3), "QQQ").split(b"\n", 1)[1]
        self.same(both, old, "massive SPY", "ticker=spy")
        self.assertIn("50 rows of other tickers left out", self.said)
        self.assertEqual(self.rows(f.massive(old[:9], lot=100), "lot=1")[0][4], old[0][4] / 100)

    def test_tickers_that_ours_cannot_be_have_dots(self):
        qs = f.quotes(40)
        for raw, ours in (("BRK A", "BRK.A"), ("O:SPY251219C00650000", "O.SPY251219C00650000"),
                          ("SPY   251219C00650000", "SPY.251219C00650000")):
            self.same(f.massive(qs, raw, lot=100), qs, f"massive {ours}", f"ticker={ours}")
            self.same(f.dbn(qs, 2, symbol=raw), qs, f"dbn {ours}")
        options = "ticker,ask_exchange,ask_price,ask_size,bid_exchange,bid_price,bid_size,sequence_number,sip_timestamp"
        self.same(f.csv(options, [("O:SPY251219C00650000", 1, f.dec(a or 0), as_, 2, f.dec(b or 0), bs, i, ts)
                                  for i, (ts, b, bs, a, as_) in enumerate(qs)]), qs, "massive O.SPY251219C00650000")

    def test_taq_time_is_new_yorks_in_summer_and_winter(self):
        for day in ("2024-08-08", "2024-01-16", "2024-03-11", "2024-11-04", "2006-04-03"):
            qs = f.quotes(60, day)
            name = day.replace("-", "")
            self.same(f.taq_nbbo(qs), qs, "taq-nbbo SPY", name=f"EQY_US_ALL_NBBO_{name}")
            self.assertIn("1 records of other kinds left out", self.said)
            self.same(f.taq(qs), qs, "taq SPY", f"date={day}", name="quotes")
        qs = f.quotes(60, "2025-11-03", lots=1)
        self.same(f.taq_nbbo(qs, lot=1), qs, "taq-nbbo SPY", f"date=20251103")
        self.rows(f.taq(qs), status=1)
        self.assertIn("--date 2024-08-08 says it", self.said)
        two = f.taq(qs[:5], exchange="P", lot=1) + f.taq(qs[5:9], exchange="N", lot=1).split(b"\n", 1)[1]
        self.rows(two, "date=20251103", status=1)
        self.assertIn("several venues side by side, P and N", self.said)
        self.equal(self.rows(two, "date=20251103", "venue=N"), expected(qs[5:9]))

    def test_crypto(self):
        ms, us = f.same_millisecond_last(f.quotes()), f.same_microsecond(f.quotes())
        self.same(f.tardis(us), us, "tardis BTCUSDT")
        self.same(f.binance_csv(ms), ms, "binance")
        self.same(f.binance_csv(ms, heading=False), ms, "binance", name="BTCUSDT-bookTicker-2024-08-08.csv")
        for wrapped in (False, True):
            self.same(f.binance_ws(ms, wrapped=wrapped), ms, "binance-json BTCUSDT")
            self.assertIn("1 records of other kinds left out", self.said)
        spot = json.dumps({"u": 1, "s": "BNBUSDT", "b": "25.35190000", "B": "31.21", "a": "25.36520000", "A": "40.66"})
        self.rows(spot.encode() + b"\n")
        self.assertIn("the spot stream sends none", self.said)
        self.assertEqual(self.rows(spot.replace("{", '{"ts": 1723118400123456, ').encode()),
                         [(1723118400123456000, 25351900000, 31.21, 25365200000, 40.66)])

    def test_alpaca_pages_streams_and_lots(self):
        qs = f.quotes()
        for indent in (None, 2):
            self.same(f.alpaca_page(qs, indent=indent), qs, "alpaca SPY")
        self.same(f.alpaca_page(qs[:200]) + b"\n" + f.alpaca_page(qs[200:]), qs, "alpaca SPY")
        self.same(f.alpaca_pages({"SPY": qs, "QQQ": qs[:7]}), qs, "alpaca SPY", "ticker=SPY")
        self.same(f.alpaca_pages({"SPY": qs, "QQQ": qs[:7]}), qs[:7], "alpaca QQQ", "ticker=QQQ")
        self.same(f.alpaca_ws(qs), qs, "alpaca SPY")
        self.assertIn("2 records of other kinds left out", self.said)
        new = f.quotes(50, "2025-11-04", lots=1)
        self.same(f.alpaca_ws(new, lot=1), new, "alpaca SPY")
        self.rows(f.alpaca_page(qs), "ticker=QQQ", status=1)
        self.assertIn("its quotes are of SPY, not of QQQ", self.said)

    def test_brokers_lines(self):
        ms = f.same_millisecond_last(f.quotes())
        self.same(f.redis_lines(ms), ms, "orderflow-json SPY")

    def test_lobster(self):
        qs = f.quotes(voids=True)
        book, messages = f.lobster(qs)
        self.save(messages, "SPY_2024-08-08_34200000_57600000_message_2.csv")
        path = self.save(book, "SPY_2024-08-08_34200000_57600000_orderbook_2.csv")
        unchanged = [q for i, q in enumerate(qs) if i == 0 or expected([q])[0][1:] != expected([qs[i - 1]])[0][1:]]
        self.same(path, unchanged, "lobster")
        self.assertIn("1 halts left out", self.said)
        self.save(messages.split(b"\n", 1)[1], "SPY_2024-08-08_34200000_57600000_message_2.csv")
        self.rows(path, status=1)
        self.assertIn("has no message for line", self.said)
        self.save(messages + messages[-40:], "SPY_2024-08-08_34200000_57600000_message_2.csv")
        self.rows(path, status=1)
        self.assertIn("ends before its messages", self.said)
        self.rows(book, "date=20240808", status=1)
        self.assertIn("_orderbook_N.csv beside ..._message_N.csv", self.said)

    def test_columns_of_known_names(self):
        ms = f.same_millisecond_last(f.quotes())
        head = "timestamp,askPrice,bidPrice,askVolume,bidVolume"
        plain = f.csv(head, [(ts // 10**6, f.dec(a or 0), f.dec(b or 0), as_, bs) for ts, b, bs, a, as_ in ms])
        self.same(plain, ms, "columns")
        for unit, keep in ((1, f.quotes()), (1000, f.same_microsecond(f.quotes()))):
            self.same(f.csv("Symbol,Time,Bid,BidSize,Ask,AskSize",
                            [("SPY", ts // unit, f.dec(b or 0), bs, f.dec(a or 0), as_) for ts, b, bs, a, as_ in keep]),
                      keep, "columns SPY")

    def test_malformed_rows_are_counted_by_cause_and_place(self):
        lines = f.massive(f.quotes(10), lot=100).split(b"\n")
        for cell, value in ((11, b"soon"), (5, b"-1")):
            cells = lines[4].split(b",")
            lines.insert(5, b",".join(cells[:cell] + [value] + cells[cell + 1:]))
        lines.insert(7, b"SPY,11,12")
        lines.insert(8, b"x" * 9000)
        self.assertEqual(len(self.rows(b"\r\n".join(lines))), 10)
        for cause in ("missing_field", "too_long"):
            self.assertIn(f"1 malformed rows ({cause})", self.said)
        self.assertIn("the first at line 8", self.said)
        self.assertIn("the first at line 9", self.said)
        self.assertEqual(self.said.count("malformed:"), 4)

    def test_cut_and_damaged_packing_is_an_error(self):
        qs = f.quotes(3000)
        for how in ("gzip", "zstd"):
            whole = f.pack(f.orderflow(qs), how)
            got = self.rows(whole[:-20], status=1)
            self.assertIn(f"it is cut short ({how})", self.said)
            self.equal(got, expected(qs)[:len(got)])
            damaged = bytearray(whole)
            damaged[len(whole) // 2:len(whole) // 2 + 40] = bytes(40)
            self.rows(bytes(damaged), status=1)
            self.assertIn(f"({how})", self.said)

    def test_a_bomb_is_read_in_little_memory(self):
        path = f"{self.dir}/bomb"
        head = b"ts_ms,bid_price,bid_size,ask_price,ask_size\n"
        for how in ("gzip", "zstd"):
            pathlib.Path(path).write_bytes(f.pack(head + bytes(100_000_000), how))
            done = subprocess.run(["/bin/sh", "-c", f'ulimit -v {"unlimited" if "asan" in ROWS else "60000"}; exec "$0" "$1"',
                                   ROWS, path], capture_output=True, text=True, timeout=120)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("1 malformed rows (too_long), the first at line 2", done.stderr)

    def test_strangers_are_told_what_to_do(self):
        for magic, advice in ((b"PK\x03\x04..", "unzip -p"), (b"PAR1...", "duckdb"), (b"\xfd7zXZ\0", "xz -dc"),
                              (b"BZh91AY", "bzip2 -dc"), (b"hello\n", "no known format"), (b"", "is empty")):
            self.rows(magic, status=1)
            self.assertIn(advice, self.said)

    def analyzed(self, data, name, *options):
        done = h.run("analyze", "SPY", "--history", "1h", "--format", "json", "--file", self.save(data, name), *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_dbn_and_csv_of_the_same_quotes_give_identical_answers(self):
        qs = f.quotes(3000, voids=True)
        answers = [self.analyzed(f.dbn(qs, version), f"{version}.dbn") for version in (1, 2, 3)]
        answers += [self.analyzed(f.databento_csv(qs, pretty=p), "x.csv") for p in (False, True)]
        answers += [self.analyzed(f.pack(f.dbn(qs, 3), "zstd"), "x.dbn.zst"),
                    self.analyzed(f.orderflow(qs), "spy.csv", "--keep-ties")]
        self.assertGreater(len(answers[0]["patterns"]), 20)
        for answer in answers[1:]:
            for part in ("patterns", "metrics", "levels", "behaviors", "quote"):
                self.assertTrue(answer[part] == answers[0][part], part)

    def test_replay_writes_one_ticker_of_many_to_the_nanosecond(self):
        server = h.Redis()
        self.addCleanup(server.stop)
        qs, other = f.quotes(300), f.quotes(50, seed=2)
        data = f.dbn_meta(3, {"SPY": [(20240101, 20250101, 1)], "QQQ": [(20240101, 20250101, 2)]}) + \
            b"".join(f.dbn_record(q, instrument=1) for q in qs) + b"".join(f.dbn_record(q, instrument=2) for q in other)
        path = self.save(data, "two.dbn")
        done = h.run("replay", path, "--speed", "max", "--quiet", "--redis", server.url)
        self.assertEqual(done.returncode, 1)
        self.assertIn("holds several tickers, SPY and QQQ", done.stderr)
        done = h.run("replay", path, "--speed", "max", "--quiet", "--ticker", "SPY", "--redis", server.url)
        self.assertEqual(done.returncode, 0, done.stderr)
        members = [json.loads(m, parse_float=str) for m in server.db.zrange("orderflow:quotes:SPY", 0, -1)]
        members.sort(key=lambda m: m["seq"])
        ns = lambda ms: int(ms.split(".")[0]) * 10**6 + int((ms.split(".") + ["0"])[1].ljust(6, "0"))
        shift = ns(str(members[0]["timestamp"])) - qs[0][0]
        self.assertEqual(shift % (60 * f.E9), 0)
        self.equal([(ns(str(m["timestamp"])) - shift, float(m["bid_size"]), float(m["ask_size"])) for m in members],
                   [(t, bs, as_) for t, _, bs, _, as_ in expected(qs)])

    def test_dry_run_tells_columns_units_and_three_rows(self):
        qs = f.quotes(20)
        path = self.save(f.massive(qs, lot=100), "2024-08-08.csv")
        for command in (["replay", path], ["backtest", path], ["analyze", "SPY", "--file", path]):
            done = h.run(*command, "--dry-run")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(done.stdout, r"massive \(Massive \(Polygon\) quotes_v1\), plain")
            self.assertRegex(done.stdout, r"time +<- sip_timestamp: ns since 1970, UTC")
            self.assertRegex(done.stdout, r"bid_size +<- bid_size: x 100 until")
            self.assertEqual(done.stdout.count(" bid "), 3)
            self.assertIn(f"SPY {f.shown(qs[0][0])} bid 450.0 x {qs[0][2]} ask", done.stdout)
        done = h.run("replay", path, "--format", "dbm", "--dry-run")
        self.assertEqual(done.returncode, 2)
        self.assertIn("format 'dbm' is none of orderflow, databento, dbn", done.stderr)


if __name__ == "__main__":
    unittest.main()
