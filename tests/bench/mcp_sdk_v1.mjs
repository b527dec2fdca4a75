// SPDX-License-Identifier: MIT
// The smallest server of the TypeScript SDK v1 with a tool like ours: it answers a fixed text.
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(path.join(process.env.MCP_NODE_DIR, 'x.js'));
const { McpServer } = require('@modelcontextprotocol/sdk/server/mcp.js');
const { StdioServerTransport } = require('@modelcontextprotocol/sdk/server/stdio.js');
const { z } = require('zod');

const text = 'x'.repeat(4000);
const inputSchema = { ticker: z.string(), history: z.string().default('5mins'), include_patterns: z.boolean().default(true) };
const server = new McpServer({ name: 'fixed-v1', version: '1.0.0' });
server.registerTool('analyze_order_flow', { description: 'A fixed text', inputSchema }, () => ({ content: [{ type: 'text', text }] }));
await server.connect(new StdioServerTransport());
