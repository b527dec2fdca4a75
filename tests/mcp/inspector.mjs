// SPDX-License-Identifier: MIT
// inspector.mjs LOG -- server-command ...   What the inspector's command line offers, in both eras, against the
// server. LOG is for wirecheck.mjs.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Checks, must, require } from './lib.mjs';

const here = path.dirname(new URL(import.meta.url).pathname);
const manifest = require.resolve('@modelcontextprotocol/inspector/package.json');
const inspector = path.join(path.dirname(manifest), Object.values(require(manifest).bin)[0]);
const log = process.argv[2];
const command = process.argv.slice(process.argv.indexOf('--') + 1);
const checks = new Checks();
const AT_ONCE = 3;

function inspect(words) {
  const all = [inspector, '--cli', ...words, '--', process.execPath, path.join(here, 'wiretap.mjs'), log, '--', ...command];
  return new Promise((resolve) => {
    execFile(process.execPath, all, { timeout: 60000, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      resolve({ status: error ? (error.code ?? error.signal) : 0, text: stdout + stderr });
    });
  });
}

const call = (args) => ['--method', 'tools/call', '--tool-name', 'analyze_order_flow', '--tool-args-json', JSON.stringify(args)];
const CASES = [
  [['--method', 'tools/list', '--strict'], 0, 'analyze_order_flow'],
  [call({ ticker: 'SPY', include_patterns: false }), 0, '<order_flow_data ticker='],
  [call({ ticker: 'NO-SUCH' }), 5, 'tool_is_error'],
  [['--method', 'resources/list'], 0, 'orderflow://status'],
  [['--method', 'resources/templates/list'], 0, 'orderflow://{ticker}/analysis'],
  [['--method', 'resources/read', '--uri', 'orderflow://SPY/patterns'], 0, '\\"ticker\\":\\"SPY\\"'],
  [['--method', 'prompts/list'], 0, 'hold_or_exit'],
  [['--method', 'prompts/get', '--prompt-name', 'entry_check', '--prompt-args', 'ticker=SPY', 'direction=short'], 0, 'short entry in SPY'],
];

writeFileSync(log, '');
const queue = ['legacy', 'modern'].flatMap((era) => CASES.map((c) => [era, ...c]));
await Promise.all(Array.from({ length: AT_ONCE }, async () => {
  for (let next = queue.shift(); next; next = queue.shift()) {
    const [era, words, want, part] = next;
    await checks.step(`${era}: ${words.join(' ')}`, async () => {
      const { status, text } = await inspect(['--protocol-era', era, ...words]);
      must(status === want, `exit status ${status}: ${text.slice(0, 500)}`);
      must(text.includes(part), `without ${part}: ${text.slice(0, 500)}`);
    });
  }
}));
checks.finish();
