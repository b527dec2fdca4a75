// SPDX-License-Identifier: MIT
// wirecheck.mjs LOG   Checks every line a server wrote (LOG: see wiretap.mjs) against the official
// schema of the revision in force, and the rules a schema cannot say. Status 1 on any finding.
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020, require } from './lib.mjs';

const Ajv7 = require('ajv').default;
const META = 'io.modelcontextprotocol/';
const MODERN = '2026-07-28';
const RESULTS = {
  initialize: 'InitializeResult',
  ping: 'EmptyResult',
  'server/discover': 'DiscoverResult',
  'subscriptions/listen': 'SubscriptionsListenResult',
  'tools/list': 'ListToolsResult',
  'tools/call': 'CallToolResult',
  'resources/list': 'ListResourcesResult',
  'resources/templates/list': 'ListResourceTemplatesResult',
  'resources/read': 'ReadResourceResult',
  'resources/subscribe': 'EmptyResult',
  'resources/unsubscribe': 'EmptyResult',
  'prompts/list': 'ListPromptsResult',
  'prompts/get': 'GetPromptResult',
  'completion/complete': 'CompleteResult',
  'logging/setLevel': 'EmptyResult',
};
const NOTIFICATIONS = {
  'notifications/cancelled': 'CancelledNotification',
  'notifications/progress': 'ProgressNotification',
  'notifications/message': 'LoggingMessageNotification',
  'notifications/resources/updated': 'ResourceUpdatedNotification',
  'notifications/subscriptions/acknowledged': 'SubscriptionsAcknowledgedNotification',
};
const CACHEABLE = ['server/discover', 'tools/list', 'resources/list', 'resources/templates/list', 'resources/read', 'prompts/list'];

function loadSchemas() {
  const dir = path.join(path.dirname(new URL(import.meta.url).pathname), 'schema');
  const schemas = {};
  for (const file of readdirSync(dir)) {
    const schema = JSON.parse(readFileSync(path.join(dir, file), 'utf8'));
    const defs = schema.$defs ? '$defs' : 'definitions';
    const ajv = new (schema.$defs ? Ajv2020 : Ajv7)({ strict: false, allErrors: true, validateFormats: false });
    ajv.addSchema(schema, 'mcp');
    schemas[file.slice(0, 10)] = (name) => (name in schema[defs] ? ajv.getSchema(`mcp#/${defs}/${name}`) : undefined);
  }
  return schemas;
}

const schemas = loadSchemas();
const processes = new Map();
let findings = 0;
let checked = 0;
let lineNumber = 0;

function report(message) {
  findings += 1;
  console.log(`line ${lineNumber}: ${message}`);
}

function validate(revision, names, value) {
  const name = [names].flat().find((n) => schemas[revision]?.(n));
  const valid = name && schemas[revision](name);
  if (!valid) {
    report(`revision ${revision} has no ${names}`);
  } else if (!valid(value)) {
    const why = valid.errors.slice(0, 3).map((e) => `${e.instancePath || '/'} ${e.message}`);
    report(`not a ${name} of ${revision}: ${why.join('; ')}`);
  }
}

const keyOf = (id) => typeof id + id;
const isId = (id) => typeof id === 'string' || Number.isInteger(id);

function hear(state, message) {
  if (message === null || typeof message !== 'object') {
    return;
  }
  const claim = message.params?._meta?.[META + 'protocolVersion'] !== undefined;
  state.sent = (state.sent ?? 0) + 1;
  if (message.method === 'notifications/cancelled') {
    const request = state.requests.get(keyOf(message.params?.requestId));
    if (request && !request.answered) {
      request.cancelled = state.sent;
    }
  } else if (isId(message.id) && !('result' in message) && !('error' in message)) {
    if (message.method === 'initialize' && !claim) {
      state.wanted = message.params?.protocolVersion;
    }
    const request = { id: message.id, method: message.method, params: message.params, modern: claim, sent: state.sent };
    state.requests.set(keyOf(message.id), request);
    const token = message.params?._meta?.progressToken;
    if (isId(token)) {
      state.tokens.set(keyOf(token), request);
    }
  }
}

const revisionOf = (state, request) => (request?.modern ? MODERN : (state.revision ?? '2025-11-25'));

// An answer may cross the cancellation on its way; not once the server has answered what was sent after it.
const knowsCancelled = (state, request) => request.cancelled && state.read > request.cancelled;

function checkProgress(state, message) {
  const request = state.tokens.get(keyOf(message.params?.progressToken));
  if (!request) {
    report('progress for a token that nobody gave');
    return;
  }
  if (request.answered || knowsCancelled(state, request)) {
    report('progress after the answer or the cancellation');
  }
  if (!(message.params.progress > (request.progress ?? -Infinity))) {
    report('progress does not grow');
  }
  request.progress = message.params.progress;
  validate(revisionOf(state, request), NOTIFICATIONS[message.method], message);
}

function checkSubscription(state, message) {
  const id = message.params?._meta?.[META + 'subscriptionId'];
  const listen = state.requests.get(keyOf(id));
  if (!listen || listen.method !== 'subscriptions/listen') {
    report(`${message.method} for ${JSON.stringify(id)}, which is no subscription`);
    return;
  }
  if (listen.answered || knowsCancelled(state, listen)) {
    report(`${message.method} for a subscription that has ended`);
  }
  if (message.method.endsWith('acknowledged')) {
    listen.honoured = message.params.notifications;
  } else if (!listen.honoured?.resourceSubscriptions?.includes(message.params.uri)) {
    report(`${message.params.uri} was updated before, or without, being acknowledged`);
  }
  validate(MODERN, NOTIFICATIONS[message.method], message);
}

function checkUpdated(state, message) {
  const asked = [...state.requests.values()].some((r) => r.method === 'resources/subscribe' && r.params?.uri === message.params?.uri);
  if (!asked) {
    report(`${message.params?.uri} was updated, to which nobody subscribed`);
  }
  validate(revisionOf(state), NOTIFICATIONS[message.method], message);
}

function checkLog(state, message) {
  if (![...state.requests.values()].some((r) => r.method === 'logging/setLevel' && !r.modern)) {
    report('a log message that nobody asked for');
  }
  validate(revisionOf(state), NOTIFICATIONS[message.method], message);
}

function checkNotification(state, message) {
  if ('id' in message) {
    report(`the server wrote a request: ${message.method}`);
  } else if (!NOTIFICATIONS[message.method]) {
    report(`notification ${message.method} is not expected`);
  } else if (message.method === 'notifications/message') {
    checkLog(state, message);
  } else if (message.method === 'notifications/progress') {
    checkProgress(state, message);
  } else if (message.params?._meta?.[META + 'subscriptionId'] !== undefined) {
    checkSubscription(state, message);
  } else if (message.method === 'notifications/resources/updated') {
    checkUpdated(state, message);
  } else {
    validate(MODERN, NOTIFICATIONS[message.method], message);
  }
}

function checkCatalogue(state, tools) {
  for (const tool of tools) {
    state.tools.set(tool.name, tool);
    for (const schema of [tool.inputSchema, tool.outputSchema]) {
      try {
        schema && new Ajv2020({ strict: false }).compile(schema);
      } catch (e) {
        report(`${tool.name}: a schema does not compile: ${e.message}`);
      }
    }
  }
}

function checkCall(state, request, result) {
  const schema = state.tools.get(request.params?.name)?.outputSchema;
  if (!schema || result.isError) {
    return;
  }
  const valid = new Ajv2020({ strict: false }).compile(schema);
  if (result.structuredContent === undefined) {
    report(`${request.params.name}: no structuredContent in spite of its outputSchema`);
  } else if (!valid(result.structuredContent)) {
    const why = valid.errors.slice(0, 3).map((e) => `${e.instancePath || '/'} ${e.message}`);
    report(`${request.params.name}: structuredContent does not fit outputSchema: ${why.join('; ')}`);
  }
}

function checkResult(state, request, message) {
  const { result } = message;
  if (request.method === 'initialize') {
    state.revision = result.protocolVersion;
  }
  const revision = revisionOf(state, request);
  validate(revision, ['JSONRPCResultResponse', 'JSONRPCResponse'], message);
  validate(revision, RESULTS[request.method], result);
  if (request.modern) {
    if (result.resultType === undefined) {
      report('no resultType');
    }
    if (result._meta?.[META + 'serverInfo'] === undefined) {
      report('no serverInfo in _meta');
    }
    if (CACHEABLE.includes(request.method) !== 'ttlMs' in result || CACHEABLE.includes(request.method) !== 'cacheScope' in result) {
      report(`ttlMs and cacheScope: missing, or too many, in ${request.method}`);
    }
  } else if ('resultType' in result || 'ttlMs' in result) {
    report('a legacy result with modern members');
  }
  if (request.method === 'tools/list') {
    checkCatalogue(state, result.tools);
  } else if (request.method === 'tools/call') {
    checkCall(state, request, result);
  }
}

// Before 2025-11-25 the schema has no error without id, but the id of what cannot be parsed is unknown.
function checkError(state, request, message) {
  validate(message.id === undefined ? MODERN : revisionOf(state, request), ['JSONRPCErrorResponse', 'JSONRPCError'], message);
  if (message.error.code === -32022) {
    validate(MODERN, 'UnsupportedProtocolVersionError', message);
  }
  if (request?.modern && message.error.code === -32002) {
    report('-32002 is legacy only');
  }
}

function checkMessage(state, message) {
  checked += 1;
  if (message.jsonrpc !== '2.0') {
    report('jsonrpc is not "2.0"');
  }
  if (message.method !== undefined) {
    checkNotification(state, message);
    return;
  }
  if (('result' in message) === ('error' in message)) {
    report('neither result nor error, or both');
    return;
  }
  if (message.id === undefined && message.error) {
    checkError(state, undefined, message);
    return;
  }
  const request = state.requests.get(keyOf(message.id));
  if (!request) {
    report(`an answer to ${JSON.stringify(message.id)}, which nobody asked`);
    return;
  }
  if (request.answered || knowsCancelled(state, request)) {
    report(`an answer to ${JSON.stringify(message.id)}, which was ${request.answered ? 'answered' : 'cancelled'}`);
  }
  state.read = Math.max(state.read ?? 0, request.method === 'subscriptions/listen' ? 0 : request.sent);
  request.answered = true;
  if (message.error) {
    checkError(state, request, message);
  } else {
    checkResult(state, request, message);
  }
}

function parse(line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function each(value, action) {
  (Array.isArray(value) ? value : [value]).forEach(action);
}

for (const text of readFileSync(process.argv[2], 'utf8').split('\n')) {
  lineNumber += 1;
  if (text === '') {
    continue;
  }
  const { p, dir, line } = JSON.parse(text);
  if (!processes.has(p)) {
    processes.set(p, { requests: new Map(), tokens: new Map(), tools: new Map() });
  }
  const state = processes.get(p);
  const value = parse(line);
  if (dir === 'S>C') {
    if (value === undefined) {
      report(`the server wrote a line that is not JSON: ${line.slice(0, 80)}`);
    } else {
      each(value, (message) => checkMessage(state, message));
    }
  } else if (value !== undefined && (!Array.isArray(value) || state.wanted === '2025-03-26')) {
    each(value, (message) => hear(state, message));
  }
}
for (const [p, state] of processes) {
  for (const [id, request] of state.requests) {
    if (!request.answered && !request.cancelled) {
      report(`process ${p}: request ${id} ${request.method} was never answered`);
    }
  }
}
console.log(`${checked} messages of the server checked, ${findings} findings`);
process.exit(findings === 0 && checked > 0 ? 0 : 1);
