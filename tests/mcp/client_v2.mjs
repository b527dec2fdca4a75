// SPDX-License-Identifier: MIT
// The official SDK v2 client.  client_v2.mjs [--mode auto|pin|legacy] [--ticker SPY] [--watch URI] -- server-command ...
// auto probes with a throw-away process first, pin speaks 2026-07-28 at once, legacy shakes hands.
import { Checks, must, parseArguments, require } from './lib.mjs';
import { commonSteps, exitStep, promptSteps, resourceSteps, watchStep, listenForComplaints } from './client_steps.mjs';

const { Client } = require('@modelcontextprotocol/client');
const { StdioClientTransport } = require('@modelcontextprotocol/client/stdio');

const options = parseArguments({ mode: 'auto', ticker: 'SPY', watch: '' });
const mode = options.mode === 'pin' ? { pin: '2026-07-28' } : options.mode;
const checks = new Checks();
const client = new Client({ name: 'client-v2', version: '1.0.0' }, { capabilities: {}, versionNegotiation: { mode } });
const transport = new StdioClientTransport({ command: options.command, args: options.args, stderr: 'inherit' });
const complaints = listenForComplaints(client);

const updates = [];
client.setNotificationHandler('notifications/resources/updated', (n) => { updates.push(n.params.uri); });

await checks.step('connect', () => client.connect(transport));
if (checks.failures === 0) {
  await checks.step('the era is the one asked for', () => {
    const want = options.mode === 'legacy' ? 'legacy' : 'modern';
    must(client.getProtocolEra() === want, `${client.getProtocolEra()} instead of ${want}`);
  });
  const call = (name, args, options) => client.callTool({ name, arguments: args }, options);
  await commonSteps(checks, client, call, options.ticker);
  // This client gives -32602 for the -32002 of the legacy revisions, too.
  await resourceSteps(checks, client, options.ticker, -32602);
  await promptSteps(checks, client, options.ticker);
  const subscribeLegacy = async (uri) => {
    await client.subscribeResource({ uri });
    return () => client.unsubscribeResource({ uri });
  };
  const listen = async (uri) => {
    const subscription = await client.listen({ resourceSubscriptions: [uri] });
    return () => subscription.close();
  };
  if (options.mode !== 'legacy') {
    await checks.step('a subscription honours what can change, and closes', async () => {
      const uris = ['orderflow://status', `orderflow://${options.ticker}/analysis`];
      const subscription = await client.listen({
        toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true, resourceSubscriptions: [...uris, 'nope://x'],
      });
      must(JSON.stringify(subscription.honoredFilter) === JSON.stringify({ resourceSubscriptions: uris }),
        `honours ${JSON.stringify(subscription.honoredFilter)}`);
      await subscription.close();
      must((await subscription.closed) === 'local', 'close');
    });
  }
  if (options.watch) {
    await watchStep(checks, options.watch, updates, options.mode === 'legacy' ? subscribeLegacy : listen);
  }
  await exitStep(checks, client, transport);
}
await checks.step('the client has nothing to complain about', () => must(complaints.length === 0, complaints[0]));
checks.finish();
