// SPDX-License-Identifier: MIT
// conformance.mjs LOG -- server-command ...   The official conformance suite, all scenarios of three revisions,
// through a bridge. What does not apply stands in conformance/REVISION.yml, with its reason; everything else
// must pass, and nothing that stands there may pass. LOG is for wirecheck.mjs.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { startBridge } from './bridge.mjs';
import { Checks, must, require } from './lib.mjs';

const here = path.dirname(new URL(import.meta.url).pathname);
const suite = path.join(path.dirname(require.resolve('@modelcontextprotocol/conformance/package.json')), 'dist/index.js');
const log = process.argv[2];
const command = process.argv.slice(process.argv.indexOf('--') + 1);
const checks = new Checks();

function run(revision, url) {
  const words = ['--import', path.join(here, 'old_node.mjs'), suite, 'server', '--url', url, '--suite', 'all',
    '--spec-version', revision, '--expected-failures', path.join(here, 'conformance', `${revision}.yml`)];
  return new Promise((resolve) => {
    execFile(process.execPath, words, { maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
      resolve({ status: error ? error.code : 0, text: (stdout + stderr).replace(/\x1b\[[0-9;]*m/g, '') });
    });
  });
}

writeFileSync(log, '');
await Promise.all(['2025-06-18', '2025-11-25', '2026-07-28'].map(async (revision) => {
  const bridge = await startBridge(command, log);
  await checks.step(`revision ${revision}`, async () => {
    const { status, text } = await run(revision, bridge.url);
    const passed = (text.match(/^✓ .*$/gm) ?? []).length;
    must(status === 0, `exit status ${status}\n${text.slice(text.indexOf('=== SUMMARY'))}`);
    must(passed >= 8, `only ${passed} scenarios passed`);
    console.log(`${revision}: ${passed} scenarios passed`);
  });
  await checks.step(`revision ${revision}: the servers end with status 0`, async () => {
    const statuses = await bridge.close();
    must(statuses.length > 0 && statuses.every((s) => s === 0), `exit statuses ${statuses}`);
  });
}));
checks.finish();
