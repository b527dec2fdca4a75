// SPDX-License-Identifier: MIT
// call_v1.mjs ARGS-JSON -- SERVER...: one analyze_order_flow through the official v1 SDK client (legacy handshake).
import { createRequire } from 'node:module';
import path from 'node:path';
const require = createRequire(path.join(process.env.MCP_NODE_DIR, 'x.js'));
const { Client } = require('@modelcontextprotocol/sdk/client/index.js');
const { StdioClientTransport } = require('@modelcontextprotocol/sdk/client/stdio.js');
const [args, , command, ...rest] = process.argv.slice(2);
const client = new Client({ name: 'e2e-v1', version: '1.0.0' }, { capabilities: {} });
await client.connect(new StdioClientTransport({ command, args: rest, stderr: 'inherit' }));
const result = await client.callTool({ name: 'analyze_order_flow', arguments: JSON.parse(args) });
console.log(JSON.stringify({ isError: !!result.isError, text: result.content[0].text }));
await client.close();
