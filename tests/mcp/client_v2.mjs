// SPDX-License-Identifier: MIT
// The official SDK v2 client.  client_v2.mjs [--mode auto|pin|legacy] [--ticker SPY] -- server-command ...
// auto probes with a throw-away process first, pin speaks 2026-07-28 at once, legacy shakes hands.
import { Checks, must, parseArguments, require } from './lib.mjs';
import { commonSteps, exitStep } from './client_steps.mjs';

const { Client } = require('@modelcontextprotocol/client');
const { StdioClientTransport } = require('@modelcontextprotocol/client/stdio');

const options = parseArguments({ mode: 'auto', ticker: 'SPY' });
const mode = options.mode === 'pin' ? { pin: '2026-07-28' } : options.mode;
const checks = new Checks();
const client = new Client({ name: 'client-v2', version: '1.0.0' }, { capabilities: {}, versionNegotiation: { mode } });
const transport = new StdioClientTransport({ command: options.command, args: options.args, stderr: 'inherit' });
const complaints = [];
client.onerror = (e) => complaints.push(e.message);

await checks.step('connect', () => client.connect(transport));
if (checks.failures === 0) {
  await checks.step('the era is the one asked for', () => {
    const want = options.mode === 'legacy' ? 'legacy' : 'modern';
    must(client.getProtocolEra() === want, `${client.getProtocolEra()} instead of ${want}`);
  });
  const call = (name, args, signal) => client.callTool({ name, arguments: args }, { signal });
  await commonSteps(checks, client, call, options.ticker);
  if (options.mode !== 'legacy') {
    await checks.step('a subscription is acknowledged and closes', async () => {
      const subscription = await client.listen({ toolsListChanged: true, promptsListChanged: true });
      must(!subscription.honoredFilter.toolsListChanged, 'honours what never happens');
      await subscription.close();
      must((await subscription.closed) === 'local', 'close');
    });
  }
  await exitStep(checks, client, transport);
}
await checks.step('the client has nothing to complain about', () => must(complaints.length === 0, complaints[0]));
checks.finish();
