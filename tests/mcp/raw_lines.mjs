// SPDX-License-Identifier: MIT
// raw_lines.mjs LOG -- server-command ...   Lines written by hand, good and bad, of both eras, to a fresh
// server for each scenario; what comes back must be what is expected, in any order. LOG is for wirecheck.mjs.
import { spawn } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { Checks, must } from './lib.mjs';

const META = 'io.modelcontextprotocol/';
const log = process.argv[2];
const command = process.argv.slice(process.argv.indexOf('--') + 1);
const checks = new Checks();

const meta = (version = '2026-07-28') => ({ [`${META}protocolVersion`]: version, [`${META}clientCapabilities`]: {} });
const ask = (id, method, params) => ({ jsonrpc: '2.0', id, method, ...(params && { params }) });
const modern = (id, method, params = {}) => ask(id, method, { ...params, _meta: meta() });
const hello = (protocolVersion) =>
  ask('hello', 'initialize', { protocolVersion, capabilities: {}, clientInfo: { name: 'raw', version: '1' } });
const tool = (args) => ({ name: 'analyze_order_flow', arguments: args });
const ok = (id) => `${JSON.stringify(id)} ok`;
const error = (id, code) => `${id === undefined ? 'none' : JSON.stringify(id)} ${code}`;

const SCENARIOS = [
  ['discover, then the handshake in the same process',
    [modern('p', 'server/discover'), hello('2025-11-25'), { jsonrpc: '2.0', method: 'notifications/initialized' }, ask(1, 'ping')],
    [ok('p'), ok('hello'), ok(1)]],
  ['versions that are not served',
    [ask(1, 'tools/list', { _meta: meta('2025-11-25') }), ask(2, 'tools/list', { _meta: meta('1900-01-01') })],
    [error(1, -32022), error(2, -32022)]],
  ['malformed claims',
    [ask(1, 'tools/list', { _meta: { [`${META}protocolVersion`]: '2026-07-28' } }), ask(2, 'tools/list', { _meta: { ...meta(), [`${META}clientInfo`]: 7 } })],
    [error(1, -32602), error(2, -32602)]],
  ['modern requests, then claim-less ones, then removed methods',
    [modern(1, 'tools/list'), ask(2, 'tools/list'), modern(3, 'ping'), modern(4, 'logging/setLevel'), modern(5, 'initialize'), modern(6, 'foo/bar'), ask(7, 'ping')],
    [ok(1), error(2, -32602), error(3, -32601), error(4, -32601), error(5, -32601), error(6, -32601), ok(7)]],
  ['junk between good requests',
    ['{"jsonrpc":', '[]', '[1]', ask(1.5, 'ping'), ask(null, 'ping'), { jsonrpc: '2.0', id: 2 }, { jsonrpc: '2.0', id: 9, result: {} }, '   ', modern(3, 'server/discover')],
    [error(undefined, -32700), error(undefined, -32600), error(undefined, -32600), error(undefined, -32600), error(undefined, -32600), error(2, -32600), ok(3)]],
  ['bad params of modern requests',
    [modern(1, 'tools/call'), modern(2, 'tools/call', { name: 'analyze_order_flow', arguments: [1] }), modern(3, 'tools/list', { cursor: 'zzz' }), modern(4, 'subscriptions/listen'), modern(5, 'tools/call', { name: 'nope' }), modern(6, 'tools/call', tool({}))],
    [error(1, -32602), error(2, -32602), error(3, -32602), error(4, -32602), error(5, -32602), ok(6)]],
  ['a modern call', [modern('c', 'tools/call', tool({ ticker: 'SPY' }))], [ok('c')]],
  ['requests before the handshake', [ask(1, 'ping'), ask(2, 'tools/list'), hello('2025-06-18'), ask(3, 'tools/list')],
    [ok(1), error(2, -32602), ok('hello'), ok(3)]],
  ['modern methods without claim after the handshake', [hello('2025-11-25'), ask(1, 'server/discover'), modern(2, 'tools/list')],
    [ok('hello'), error(1, -32602), ok(2)]],
  ['a batch where there are batches',
    [hello('2025-03-26'), [ask(1, 'ping'), { jsonrpc: '2.0', method: 'notifications/x' }, ask(2, 'tools/call', tool({ ticker: 'SPY' }))]],
    [ok('hello'), ok(1), ok(2)]],
  ...['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25', '1999-01-01', '2026-07-28'].map((version) => [
    `handshake ${version}`, [hello(version), ask(1, 'tools/list'), ask(2, 'tools/call', tool({ ticker: 'SPY' })), ask(3, 'tools/call', tool({ ticker: 7 }))],
    [ok('hello'), ok(1), ok(2), ok(3)]]),
];

const outcome = (m) => (m.error ? error(m.id, m.error.code) : ok(m.id));

function run(lines) {
  return new Promise((resolve) => {
    const child = spawn(command[0], command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
    const record = (dir, line) => appendFileSync(log, `${JSON.stringify({ p: child.pid, dir, line })}\n`);
    let text = '';
    child.stdout.on('data', (bytes) => { text += bytes; });
    for (const line of lines) {
      const said = typeof line === 'string' ? line : JSON.stringify(line);
      record('C>S', said);
      child.stdin.write(`${said}\n`);
    }
    child.stdin.end();
    child.on('close', (status) => {
      const heard = text.split('\n').filter((l) => l !== '');
      heard.forEach((line) => record('S>C', line));
      resolve({ status, messages: heard.flatMap((l) => JSON.parse(l)) });
    });
  });
}

writeFileSync(log, '');
for (const [name, lines, want] of SCENARIOS) {
  await checks.step(name, async () => {
    const { status, messages } = await run(lines);
    const heard = messages.map(outcome).sort().join(', ');
    must(heard === [...want].sort().join(', '), `heard ${heard} instead of ${want.join(', ')}`);
    must(status === 0, `exit status ${status}`);
  });
}
checks.finish();
