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
};
const NOTIFICATIONS = {
  'notifications/cancelled': 'CancelledNotification',
  'notifications/subscriptions/acknowledged': 'SubscriptionsAcknowledgedNotification',
};

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

function validate(revision, name, value) {
  const valid = schemas[revision]?.(name);
  if (valid && !valid(value)) {
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
    state.requests.set(keyOf(message.id), { method: message.method, modern: claim, sent: state.sent });
  }
}

function checkNotification(state, message) {
  const name = NOTIFICATIONS[message.method];
  if (!name) {
    report(`notification ${message.method} is not expected`);
    return;
  }
  validate(MODERN, name, message);
}

function checkResult(state, request, result) {
  if (request.method === 'initialize') {
    state.revision = result.protocolVersion;
  }
  validate(request.modern ? MODERN : (state.revision ?? '2025-11-25'), RESULTS[request.method], result);
  if (request.modern) {
    if (result.resultType === undefined) {
      report('no resultType');
    }
    if (result._meta?.[META + 'serverInfo'] === undefined) {
      report('no serverInfo in _meta');
    }
  } else if ('resultType' in result || 'ttlMs' in result) {
    report('a legacy result with modern members');
  }
}

function checkError(request, message) {
  if (!Number.isInteger(message.error.code) || typeof message.error.message !== 'string') {
    report('an error needs an integer code and a message');
  }
  if (message.error.code === -32022) {
    validate(MODERN, 'UnsupportedProtocolVersionError', message);
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
    checkError(undefined, message);
    return;
  }
  const request = state.requests.get(keyOf(message.id));
  if (!request) {
    report(`an answer to ${JSON.stringify(message.id)}, which nobody asked`);
    return;
  }
  // An answer may cross the cancellation on its way; not once the server has answered what was sent after it.
  const cancelled = request.cancelled && state.read > request.cancelled;
  if (request.answered || cancelled) {
    report(`an answer to ${JSON.stringify(message.id)}, which was ${request.answered ? 'answered' : 'cancelled'}`);
  }
  state.read = Math.max(state.read ?? 0, request.sent);
  request.answered = true;
  if (message.error) {
    checkError(request, message);
  } else {
    checkResult(state, request, message.result);
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
    processes.set(p, { requests: new Map() });
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
