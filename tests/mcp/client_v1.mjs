// SPDX-License-Identifier: MIT
// The official SDK v1 client, legacy handshake.  client_v1.mjs [--ticker SPY] [--watch URI] -- server-command ...
import { Checks, must, mustFail, parseArguments, require } from './lib.mjs';
import { commonSteps, exitStep, promptSteps, resourceSteps, watchStep, listenForComplaints } from './client_steps.mjs';

const { Client } = require('@modelcontextprotocol/sdk/client/index.js');
const { StdioClientTransport } = require('@modelcontextprotocol/sdk/client/stdio.js');
const { EmptyResultSchema, ResourceUpdatedNotificationSchema } = require('@modelcontextprotocol/sdk/types.js');

const options = parseArguments({ ticker: 'SPY', watch: '' });
const checks = new Checks();
const client = new Client({ name: 'client-v1', version: '1.0.0' }, { capabilities: {} });
const transport = new StdioClientTransport({ command: options.command, args: options.args, stderr: 'inherit' });
const complaints = listenForComplaints(client);

const updates = [];
client.setNotificationHandler(ResourceUpdatedNotificationSchema, (n) => { updates.push(n.params.uri); });

await checks.step('connect', () => client.connect(transport));
if (checks.failures === 0) {
  await checks.step('server introduces itself', async () => {
    must(client.getServerVersion().name === 'orderflow', 'name');
    must(client.getServerCapabilities().tools, 'capabilities');
    must(client.getInstructions(), 'instructions');
  });
  await checks.step('ping', async () => must(JSON.stringify(await client.ping()) === '{}', 'not {}'));
  await checks.step('a log level is set', () => client.setLoggingLevel('error'));
  await checks.step('unknown method', () =>
    mustFail(client.request({ method: 'foo/bar', params: {} }, EmptyResultSchema), -32601, 'foo/bar'));
  const call = (name, args, options) => client.callTool({ name, arguments: args }, undefined, options);
  const subscribe = async (uri) => {
    await client.subscribeResource({ uri });
    return () => client.unsubscribeResource({ uri });
  };
  await commonSteps(checks, client, call, options.ticker);
  await resourceSteps(checks, client, options.ticker, -32002);
  await promptSteps(checks, client, options.ticker);
  await checks.step('what is unknown can be subscribed, too', async () => (await subscribe('nope://x'))());
  if (options.watch) {
    await watchStep(checks, options.watch, updates, subscribe);
  }
  await exitStep(checks, client, transport);
}
await checks.step('the client has nothing to complain about', () => {
  // An answer that crosses a cancellation on the way is legal.
  const serious = complaints.filter((c) => !/unknown message ID/.test(c));
  must(serious.length === 0, serious[0]);
});
checks.finish();
