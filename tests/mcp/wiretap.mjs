// SPDX-License-Identifier: MIT
// wiretap.mjs LOG -- server-command ...   A pipe that changes no byte and logs every line to LOG:
// {"p":process,"dir":"C>S"|"S>C","line":"..."}
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';

const log = process.argv[2];
const command = process.argv.slice(process.argv.indexOf('--') + 1);
const child = spawn(command[0], command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });

function record(dir) {
  let rest = Buffer.alloc(0);
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const line = rest.subarray(0, end).toString('utf8');
      rest = rest.subarray(end + 1);
      appendFileSync(log, `${JSON.stringify({ p: process.pid, dir, line })}\n`);
    }
  };
}

const said = record('C>S');
const heard = record('S>C');
process.stdin.on('data', (bytes) => {
  said(bytes);
  child.stdin.write(bytes);
});
process.stdin.on('end', () => child.stdin.end());
child.stdin.on('error', () => {});
child.stdout.on('data', (bytes) => {
  heard(bytes);
  process.stdout.write(bytes);
});
child.on('close', (code) => process.exit(code ?? 1));
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => child.kill(signal));
}
