// SPDX-License-Identifier: MIT
// What both SDK clients do with the server. `call(name, args, signal)` hides how they differ.
import { Ajv2020, must, mustFail } from './lib.mjs';

const TOOL = 'analyze_order_flow';

function mustBeXml(result, ticker) {
  must(!result.isError, `isError: ${result.content?.[0]?.text}`);
  must(result.content.length === 1 && result.content[0].type === 'text', 'one text block expected');
  const text = result.content[0].text;
  must(text.startsWith(`<order_flow_data ticker="${ticker}"`), `no XML: ${text.slice(0, 80)}`);
  must(text.trimEnd().endsWith('</order_flow_data>'), 'the XML is cut');
  return text;
}

export async function commonSteps(checks, client, call, ticker) {
  await checks.step('the tool is listed, with a schema that compiles', async () => {
    const { tools } = await client.listTools();
    const tool = tools.find((t) => t.name === TOOL);
    must(tool, 'not listed');
    must(tool.description && tool.title, 'no description or title');
    must(tool.annotations?.readOnlyHint === true && tool.annotations.openWorldHint === false, 'annotations');
    const valid = new Ajv2020({ strict: false }).compile(tool.inputSchema);
    must(valid({ ticker }) && !valid({}) && !valid({ ticker, depth: 1 }), 'inputSchema');
    const again = (await client.listTools(undefined, { cacheMode: 'refresh' })).tools;
    must(JSON.stringify(again) === JSON.stringify(tools), 'the list changes');
  });
  await checks.step('a call with defaults gives XML with patterns', async () => {
    const text = mustBeXml(await call(TOOL, { ticker }), ticker);
    must(text.includes('<detected_patterns'), 'no <detected_patterns>');
    must(text.includes('history_window="300s"'), 'default history');
  });
  await checks.step('history and include_patterns are obeyed, and the ticker in any case', async () => {
    const args = { ticker: ticker.toLowerCase(), history: '10 mins', include_patterns: false };
    const text = mustBeXml(await call(TOOL, args), ticker);
    must(!text.includes('<detected_patterns'), '<detected_patterns> in spite of false');
    must(text.includes('history_window="600s"'), 'history');
  });
  for (const [what, args, part] of [
    ['no ticker', {}, 'ticker is required'],
    ['ticker of another type', { ticker: { not: 'valid' } }, 'must be a string'],
    ['bad history', { ticker, history: 'soon' }, '5mins'],
    ['unknown argument', { ticker, depth: 3 }, 'unknown argument'],
    ['unknown ticker', { ticker: 'NO-SUCH' }, 'error="true"'],
    ['odd characters', { ticker: 'é漢字😀 \u2028\n\t"\\\u0001<&' }, 'is not a ticker'],
  ]) {
    await checks.step(`${what}: isError and what would be right`, async () => {
      const result = await call(TOOL, args);
      must(result.isError === true, 'accepted');
      must(result.content[0].text.includes(part), result.content[0].text);
    });
  }
  await checks.step('an unknown tool is a protocol error', () =>
    mustFail(call('no_such_tool', {}), -32602, 'unknown tool'));
  await checks.step('50 calls at once are all answered', async () => {
    const results = await Promise.all(Array.from({ length: 50 }, () => call(TOOL, { ticker })));
    results.forEach((r) => mustBeXml(r, ticker));
  });
  await checks.step('a cancelled call leaves the server well', async () => {
    const abort = new AbortController();
    const call_ = call(TOOL, { ticker }, abort.signal).then(() => 'finished', () => 'aborted');
    abort.abort('test');
    await call_;
    mustBeXml(await call(TOOL, { ticker }), ticker);
  });
}

export async function exitStep(checks, client, transport) {
  await checks.step('end of input ends the server with status 0', async () => {
    const child = transport._process;
    const gone = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve(signal ?? code));
    });
    const from = Date.now();
    await client.close();
    const status = await gone;
    must(status === 0, `exit status ${status}`);
    must(Date.now() - from < 1900, 'the client had to send SIGTERM');
  });
}
