// SPDX-License-Identifier: MIT
// transcripts.mjs LOG -- server-command ...   Plays what clients said in the recorded sessions of transcripts/ and
// compares the shape of each answer with the recorded one: an error and its code, or the members of the result and
// their types. legacy and modern were recorded with the servers of the SDKs v1 and v2, strict with a server
// that follows the specification to the letter. LOG is for wirecheck.mjs.
import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Checks, must } from './lib.mjs';

const here = path.dirname(new URL(import.meta.url).pathname);
const log = process.argv[2];
const command = process.argv.slice(process.argv.indexOf('--') + 1);
const checks = new Checks();
const AT_ONCE = 4;

// Where the recorded servers deviate from the specification, or offer something else: [file, part of the scenario,
// method, recorded shape, ours, why].
const PARAMS = 'malformed params are -32602';
const ONE_PAGE = 'a cursor that was never given out is -32602';
const NO_PIN = 'eras are told apart message by message';
const DIFFERENCES = [
  ['legacy', 'PART 1', 'tools/call', 'content:array isError:boolean', 'error -32602', 'an unknown tool is a protocol error', 'no_such_tool'],
  ['legacy', 'PART 1', 'resources/read', 'error -32602', 'error -32002', 'not found is -32002 in the legacy revisions'],
  ['legacy', 'before initialize', 'tools/list', 'tools:array', 'error -32602', 'nothing is served before the handshake', 2],
  ['legacy', 'v2-style probe', 'server/discover', 'error -32601', undefined, 'this server knows it'],
  ['legacy', 'bad params', undefined, 'error -32603', 'error -32602', PARAMS],
  ['legacy', 'bad params', 'tools/list', 'tools:array', 'error -32602', ONE_PAGE],
  ['modern', 'after a modern request', 'initialize', 'error -32022', undefined, NO_PIN],
  ['modern', 'malformed', undefined, 'silence', undefined, 'malformed requests are answered'],
  ['modern', 'bad params', undefined, 'error -32603', 'error -32602', PARAMS],
  ['modern', 'bad params', 'tools/list', undefined, 'error -32602', ONE_PAGE],
  ['modern', 'claim-less first', undefined, undefined, undefined, 'nothing is served before the handshake, and no era is pinned'],
  ['modern', 'legacy connection', undefined, undefined, undefined, NO_PIN],
];

// The recorded servers' things, and ours that come nearest.
function translate(line) {
  const said = line
    .replaceAll('demo://bars/', 'orderflow://').replace(/orderflow:\/\/(\{ticker\}|SPY)/g, 'orderflow://$1/analysis')
    .replaceAll('demo://config', 'orderflow://status').replaceAll('demo://nope', 'orderflow://nope')
    .replaceAll('"explain_flow","arguments":{"ticker":"SPY"}', '"entry_check","arguments":{"ticker":"SPY","direction":"long"}')
    .replaceAll('explain_flow', 'entry_check').replaceAll('"QQQ"', '"SPY"')
    .replace(/"slow_scan","arguments":\{[^}]*\}/, '"analyze_order_flow","arguments":{"ticker":"SPY"}')
    .replaceAll('"touch","arguments":{}', '"analyze_order_flow","arguments":{"ticker":"SPY"}');
  return said;
}

const typeOf = (v) => (Array.isArray(v) ? 'array' : typeof v);
// structuredContent is the tool's affair, `total` of a completion too.
function shapeOf(message) {
  if (message === undefined) {
    return 'silence';
  }
  if (message.error) {
    return `error ${message.error.code}`;
  }
  const members = Object.entries(message.result).filter(([key]) => key !== 'structuredContent');
  return members.map(([key, value]) => `${key}:${typeOf(value)}`).sort().join(' ');
}

function scenarios(file) {
  const found = [];
  let title = '';
  for (const text of readFileSync(path.join(here, 'transcripts', `${file}.jsonl`), 'utf8').split('\n').filter(Boolean)) {
    const { p, dir, note, msg, raw } = JSON.parse(text);
    if (note?.startsWith('===')) {
      title = note;
    }
    if (p === undefined || dir === undefined) {
      continue;
    }
    let scenario = found.find((s) => s.p === p);
    if (!scenario) {
      scenario = { file, title, p, said: [], heard: [] };
      found.push(scenario);
    }
    (dir === 'C>S' ? scenario.said : scenario.heard).push(raw ?? JSON.stringify(msg));
  }
  return found;
}

const keyOf = (id) => typeof id + id;
const answersIn = (lines) => new Map(lines.flatMap((l) => JSON.parse(l)).filter((m) => m.method === undefined && m.id !== undefined)
  .map((m) => [keyOf(m.id), m]));
const parse = (line) => {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
};

function play(scenario) {
  return new Promise((resolve) => {
    const child = spawn(command[0], command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
    const record = (dir, line) => appendFileSync(log, `${JSON.stringify({ p: child.pid, dir, line })}\n`);
    let text = '';
    child.stdout.on('data', (bytes) => { text += bytes; });
    child.stdin.on('error', () => {});
    for (const line of scenario.said.map(translate)) {
      record('C>S', line);
      child.stdin.write(`${line}\n`);
    }
    child.stdin.end();
    child.on('close', (status) => {
      const heard = text.split('\n').filter(Boolean);
      heard.forEach((line) => record('S>C', line));
      resolve({ status, heard });
    });
  });
}

function expected({ file, title }, request, recorded) {
  const rule = DIFFERENCES.find(([f, part, method, theirs, , , detail]) => f === file && title.includes(part)
    && (method === undefined || method === request.method) && (theirs === undefined || theirs === recorded)
    && (detail === undefined || detail === request.id || detail === request.params?.name));
  if (rule) {
    rule.used = true;
  }
  return rule ? rule[4] : recorded;
}

function compare(scenario, heard) {
  const theirs = answersIn(scenario.heard);
  const ours = answersIn(heard);
  const requests = scenario.said.map(parse).filter((m) => m && !Array.isArray(m) && m.method && m.id !== undefined && m.id !== null);
  const cancelled = scenario.said.map(parse).filter((m) => m?.method === 'notifications/cancelled').map((m) => m.params.requestId);
  for (const request of requests) {
    // What was cancelled may have been answered before; what listens is answered at the end.
    if (cancelled.includes(request.id) || request.method === 'subscriptions/listen') {
      continue;
    }
    const want = expected(scenario, request, shapeOf(theirs.get(keyOf(request.id))));
    const got = shapeOf(ours.get(keyOf(request.id)));
    must(want === undefined || got === want, `${request.method} ${JSON.stringify(request.id)}: ${got} instead of ${want}`);
  }
  if (scenario.file === 'strict') {
    const anonymous = (lines) => lines.flatMap((l) => JSON.parse(l)).filter((m) => m.error && m.id === undefined).map((m) => m.error.code).join();
    must(anonymous(heard) === anonymous(scenario.heard), `errors without id: ${anonymous(heard)}`);
  }
}

writeFileSync(log, '');
const all = ['legacy', 'modern', 'strict'].flatMap(scenarios);
const queue = [...all];
await Promise.all(Array.from({ length: AT_ONCE }, async () => {
  for (let scenario = queue.shift(); scenario; scenario = queue.shift()) {
    const one = scenario;
    await checks.step(`${one.file}: ${one.title}`, async () => {
      const { status, heard } = await play(one);
      must(status === 0, `exit status ${status}`);
      compare(one, heard);
    });
  }
}));
await checks.step('no difference is listed that is none', () => {
  const idle = DIFFERENCES.filter((d) => !d.used);
  must(idle.length === 0, JSON.stringify(idle));
});
checks.finish();
