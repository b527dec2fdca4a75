// SPDX-License-Identifier: MIT
// Tokens, by js-tiktoken's o200k_base.
//   tokens.mjs count             a JSON array of texts on stdin -> a JSON array of counts
//   tokens.mjs tools -- SERVER   names, descriptions and input schemas of all tools: under 900 together
import { createRequire } from "node:module";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";

const LIMIT = 900;
const require = createRequire(path.join(process.env.MCP_NODE_DIR || import.meta.dirname, "x.js"));
const { Tiktoken } = require("js-tiktoken/lite");
const encoding = new Tiktoken(require("js-tiktoken/ranks/o200k_base"));
const count = (text) => encoding.encode(text, [], []).length;

async function listTools(command) {
  const server = spawn(command[0], command.slice(1), { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  server.stdin.write(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list", params: { _meta: {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {} } } }) + "\n");
  const { value } = await lines.next();
  server.stdin.end();
  return JSON.parse(value).result.tools;
}

const [mode, ...rest] = process.argv.slice(2);
if (mode === "count") {
  console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(count)));
} else if (mode === "tools") {
  const tools = await listTools(rest.slice(rest.indexOf("--") + 1));
  const paid = tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }));
  for (const tool of paid) console.log(`${tool.name} ${count(JSON.stringify(tool))}`);
  const total = count(JSON.stringify(paid));
  const outputs = count(JSON.stringify(tools.map((t) => t.outputSchema ?? null)));
  const good = tools.length === 6 && total < LIMIT &&
    tools.every((t) => t.annotations.readOnlyHint === true && t.annotations.openWorldHint === false) &&
    tools.every((t) => (t.name === "analyze_order_flow") === (t.outputSchema === undefined)) &&
    tools.every((t) => t.outputSchema === undefined || t.outputSchema.type === "object");
  console.log(`${good ? "ok 1" : "FAIL"} - ${tools.length} tools in ${total} tokens (at most ${LIMIT - 1}); ` +
    `output schemas ${outputs}`);
  process.exitCode = good ? 0 : 1;
} else {
  console.error("usage: tokens.mjs count | tools -- SERVER...");
  process.exitCode = 2;
}
