// SPDX-License-Identifier: MIT
// What both SDK clients do with the server. `call(name, args, { signal, onprogress })` hides how they differ.
import { setMaxListeners } from 'node:events';
import { Ajv2020, must, mustFail } from './lib.mjs';

const TOOL = 'analyze_order_flow';

// What a client complains of, into a list. A progress line and the answer behind it, read in one piece, are no fault of the
// server: the SDKs handle the answer first, and know the token no more.
export function listenForComplaints(client) {
  const complaints = [];
  client.onerror = (e) => e.message.includes('progress notification for an unknown token') || complaints.push(e.message);
  return complaints;
}

function mustBeXml(result, ticker) {
  must(!result.isError, `isError: ${result.content?.[0]?.text}`);
  must(result.content.length === 1 && result.content[0].type === 'text', 'one text block expected');
  const text = result.content[0].text;
  must(text.startsWith(`<order_flow_data ticker="${ticker}"`), `no XML: ${text.slice(0, 80)}`);
  must(text.trimEnd().endsWith('</order_flow_data>'), 'the XML is cut');
  return text;
}

const TOOLS = ['analyze_order_flow', 'scan_order_flow', 'get_patterns', 'explain_pattern', 'list_detectors', 'watch_order_flow'];

// What each of the other tools answers; the clients themselves check structuredContent against outputSchema.
async function otherToolSteps(checks, client, call, ticker) {
  await checks.step('all tools are listed, with schemas that compile', async () => {
    const { tools } = await client.listTools();
    must(tools.map((t) => t.name).join() === TOOLS.join(), `tools ${tools.map((t) => t.name)}`);
    for (const { inputSchema, outputSchema } of tools) {
      new Ajv2020({ strict: false }).compile(inputSchema);
      must(!outputSchema || outputSchema.type === 'object', 'outputSchema is no object');
    }
  });
  for (const [name, args, member] of [
    ['scan_order_flow', {}, 'rows'], ['scan_order_flow', { tickers: `${ticker[0]}*`, sort: 'ticker', limit: 1 }, 'breadth'],
    ['get_patterns', { tickers: ticker, since: '1h' }, 'patterns'], ['list_detectors', {}, 'detectors'],
  ]) {
    await checks.step(`${name} ${JSON.stringify(args)}`, async () => {
      const { isError, content, structuredContent } = await call(name, args);
      must(!isError, content[0]?.text);
      must(content[0].type === 'text' && content[0].text.length > 0, 'no text');
      must(structuredContent && member in structuredContent, `without ${member}: ${JSON.stringify(structuredContent)}`);
    });
  }
  await checks.step('get_patterns with the cursor brings only what changed', async () => {
    const all = (await call('get_patterns', { tickers: ticker, since: '1h' })).structuredContent;
    const next = (await call('get_patterns', { tickers: ticker, since: '1h', cursor: all.cursor })).structuredContent;
    must(next.patterns.length < all.patterns.length || all.patterns.length === 0, `${next.patterns.length} of ${all.patterns.length}`);
  });
  for (const [name, args, part] of [
    ['scan_order_flow', { limit: 0 }, 'limit'], ['scan_order_flow', { sort: 'size' }, 'strength'],
    ['get_patterns', { state: 'gone' }, 'active'], ['explain_pattern', {}, 'ticker'],
    ['watch_order_flow', { ticker, condition: 'profit' }, 'reversal'], ['watch_order_flow', { ticker, timeout_s: 1.5 }, 'timeout_s'],
  ]) {
    await checks.step(`${name} ${JSON.stringify(args)}: isError and what would be right`, async () => {
      const { isError, content } = await call(name, args);
      must(isError === true, 'accepted');
      must(content[0].text.includes(part), content[0].text);
    });
  }
}

async function watchToolSteps(checks, call, ticker) {
  await checks.step('watch_order_flow tells progress, and returns when its time is up', async () => {
    const told = [];
    const args = { ticker, condition: 'level:0.01', timeout_s: 1 };
    const { isError, content, structuredContent } = await call('watch_order_flow', args, { onprogress: (p) => told.push(p.progress) });
    must(!isError, content[0]?.text);
    must(structuredContent.event !== undefined, 'no event');
    must(told.length > 0 && told.every((p, i) => i === 0 || p > told[i - 1]), `progress ${told}`);
  });
  await checks.step('40 watches: 32 wait, the rest are refused at once, others are answered meanwhile', async () => {
    const abort = new AbortController();
    setMaxListeners(100, abort.signal);
    const outcomes = [];
    const all = Array.from({ length: 40 }, () =>
      call('watch_order_flow', { ticker, condition: 'level:0.01', timeout_s: 60 }, { signal: abort.signal })
        .then((r) => outcomes.push(r.content[0].text), () => {}));
    mustBeXml(await call(TOOL, { ticker }), ticker);
    while (outcomes.length < 8) {
      await new Promise((resolve) => { setTimeout(resolve, 10); });
    }
    must(outcomes.length === 8 && outcomes.every((t) => t.startsWith('Too many calls wait at once')), `${outcomes.length}: ${outcomes[0]}`);
    abort.abort('test');
    await Promise.all(all);
    mustBeXml(await call(TOOL, { ticker }), ticker);
  });
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
    const call_ = call(TOOL, { ticker }, { signal: abort.signal }).then(() => 'finished', () => 'aborted');
    abort.abort('test');
    await call_;
    mustBeXml(await call(TOOL, { ticker }), ticker);
  });
  await otherToolSteps(checks, client, call, ticker);
  await watchToolSteps(checks, call, ticker);
}

const SUBJECTS = ['orderflow://{ticker}/analysis', 'orderflow://{ticker}/patterns', 'orderflow://detectors', 'orderflow://status'];

export async function resourceSteps(checks, client, ticker, notFound) {
  await checks.step('resources and their templates are listed', async () => {
    const uris = (await client.listResources()).resources.map((r) => r.uri);
    const templates = (await client.listResourceTemplates()).resourceTemplates.map((t) => t.uriTemplate);
    must(uris.join() === SUBJECTS.slice(2).join(), `resources ${uris}`);
    must(templates.join() === SUBJECTS.join(), `templates ${templates}`);
  });
  for (const subject of SUBJECTS) {
    await checks.step(`${subject} can be read`, async () => {
      const uri = subject.replace('{ticker}', ticker);
      const { contents } = await client.readResource({ uri });
      must(contents.length === 1 && contents[0].uri === uri, 'one entry under its own URI');
      if (contents[0].mimeType === 'application/xml') {
        must(contents[0].text.startsWith(`<order_flow_data ticker="${ticker}"`), 'no XML');
      } else {
        must(typeof JSON.parse(contents[0].text) === 'object', 'no JSON');
      }
    });
  }
  for (const uri of ['orderflow://NO-SUCH/analysis', 'orderflow://NO-SUCH/patterns', 'nope://x']) {
    await checks.step(`${uri} is not found`, () => mustFail(client.readResource({ uri }), notFound, uri));
  }
}

export async function promptSteps(checks, client, ticker) {
  const complete = async (ref, name, value) => (await client.complete({ ref, argument: { name, value } })).completion.values;
  const values = { ticker, tickers: '*', direction: 'long', invalidation: '449.5', detector: 'absorption' };
  await checks.step('every prompt is got, completes its arguments and asks for those it needs', async () => {
    const { prompts } = await client.listPrompts();
    must(prompts.length === 4, `${prompts.length} prompts`);
    for (const prompt of prompts) {
      const args = Object.fromEntries(prompt.arguments.map((a) => [a.name, values[a.name]]));
      const { messages } = await client.getPrompt({ name: prompt.name, arguments: args });
      must(messages.length === 1 && messages[0].role === 'user', prompt.name);
      Object.values(args).forEach((v) => must(messages[0].content.text.includes(v), `${prompt.name}: without ${v}`));
      for (const { name, required } of prompt.arguments) {
        const found = await complete({ type: 'ref/prompt', name: prompt.name }, name, '');
        must(name === 'invalidation' ? found.length === 0 : found.length > 0, `${prompt.name}: ${name} completes to ${found}`);
        if (required) {
          const others = { ...args };
          delete others[name];
          await mustFail(client.getPrompt({ name: prompt.name, arguments: others }), -32602, name);
        }
      }
    }
  });
  await checks.step('an unknown prompt is a protocol error', () => mustFail(client.getPrompt({ name: 'nope' }), -32602, 'nope'));
  await checks.step('the ticker of a template is completed', async () => {
    const ref = { type: 'ref/resource', uri: SUBJECTS[0] };
    must((await complete(ref, 'ticker', ticker[0].toLowerCase())).includes(ticker), 'without the ticker');
    must((await complete(ref, 'ticker', 'no-such-')).length === 0, 'something for nothing');
  });
}

// Waits for an update of the resource that somebody else brings about; subscribe() and what it gives hide the era.
export async function watchStep(checks, uri, updates, subscribe) {
  await checks.step(`${uri}: the update comes, and none after the end of the subscription`, async () => {
    const end = await subscribe(uri);
    console.log('subscribed');
    const deadline = Date.now() + 60000;
    while (!updates.includes(uri) && Date.now() < deadline) {
      await new Promise((resolve) => { setTimeout(resolve, 20); });
    }
    must(updates.includes(uri), 'no update in 60 s');
    await end();
    updates.length = 0;
    await new Promise((resolve) => { setTimeout(resolve, 1500); });
    must(updates.length === 0, `still updated: ${updates}`);
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
