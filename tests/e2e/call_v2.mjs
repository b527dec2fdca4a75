// SPDX-License-Identifier: MIT
// call_v2.mjs ARGS-JSON -- SERVER...: one analyze_order_flow through the official v2 SDK client (2026-07-28).
import { createRequire } from 'node:module';
import path from 'node:path';
const require = createRequire(path.join(process.env.MCP_NODE_DIR, 'x.js'));
const { Client } = require('@modelcontextprotocol/client');
const { StdioClientTransport } = require('@modelcontextprotocol/client/stdio');
const [args, , command, ...rest] = process.argv.slice(2);
const client = new Client({ name: 'e2e-v2', version: '1.0.0' },
  { capabilities: {}, versionNegotiation: { mode: { pin: '2026-07-28' } } });
await client.connect(new StdioClientTransport({ command, args: rest, stderr: 'inherit' }));
if (client.getNegotiatedProtocolVersion() !== '2026-07-28') throw new Error('not the modern era');
const result = await client.callTool({ name: 'analyze_order_flow', arguments: JSON.parse(args) });
console.log(JSON.stringify({ isError: !!result.isError, text: result.content[0].text }));
await client.close();
