// SPDX-License-Identifier: MIT
// The smallest Streamable HTTP front for a stdio server: the conformance suite speaks nothing else.
// One process of the server for each legacy session, one for all modern requests, whose ids, progress tokens
// and subscription ids are replaced by unique ones on the way in and put back on the way out. What is HTTP only
// (status codes, headers, sessions, hosts) is done here, so checks of that say nothing about the server.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import http from 'node:http';

const META = 'io.modelcontextprotocol/';
const BAD_REQUESTS = [-32020, -32021, -32022, -32602, -32600, -32700];

class Server {
  requests = new Map();
  next = 1;
  early = []; // notifications before somebody listens
  stream = null;

  constructor(command, log) {
    this.process = spawn(command[0], command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
    this.record = (dir, line) => appendFileSync(log, `${JSON.stringify({ p: this.process.pid, dir, line })}\n`);
    let text = '';
    this.process.stdout.setEncoding('utf8');
    this.process.stdout.on('data', (chunk) => {
      text += chunk;
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        const line = text.slice(0, end);
        text = text.slice(end + 1);
        this.record('S>C', line);
        this.hear(JSON.parse(line));
      }
    });
    this.process.stdin.on('error', () => {});
    this.ended = new Promise((resolve) => {
      this.process.on('close', (code, signal) => resolve(signal ?? code));
    });
  }

  say(message) {
    const line = JSON.stringify(message);
    this.record('C>S', line);
    this.process.stdin.write(`${line}\n`);
  }

  // sink: { note(message), finish(message) }
  ask(message, sink) {
    const inner = structuredClone(message);
    inner.id = `b${this.next++}`;
    const request = { id: message.id, inner: inner.id, token: message.params?._meta?.progressToken, ...sink };
    request.listens = message.method === 'subscriptions/listen';
    if (request.token !== undefined) {
      inner.params._meta.progressToken = inner.id;
    }
    this.requests.set(inner.id, request);
    this.say(inner);
    return request;
  }

  cancel(request) {
    if (this.requests.delete(request.inner)) {
      this.say({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: request.inner, reason: 'hung up' } });
    }
  }

  hear(message) {
    const subscription = message.result?._meta ?? message.params?._meta;
    const inner = message.method === undefined ? message.id : (subscription?.[`${META}subscriptionId`] ?? message.params?.progressToken);
    const request = this.requests.get(inner);
    if (subscription?.[`${META}subscriptionId`] !== undefined && request) {
      subscription[`${META}subscriptionId`] = request.id;
    }
    if (message.method === undefined) {
      this.requests.delete(inner);
      request?.finish({ ...message, ...(request && { id: request.id }) });
    } else if (request) {
      if (message.params.progressToken !== undefined) {
        message.params.progressToken = request.token;
      }
      request.note(message);
    } else if (this.stream) {
      this.stream(message);
    } else {
      this.early.push(message);
    }
  }
}

const event = (message) => `event: message\ndata: ${JSON.stringify(message)}\n\n`;

function send(response, status, message, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(message));
}

function refuse(response, status, id, code, text) {
  send(response, status, { jsonrpc: '2.0', id: id ?? null, error: { code, message: text } });
}

function statusOf(error) {
  return error === undefined ? 200 : error.code === -32601 ? 404 : BAD_REQUESTS.includes(error.code) ? 400 : 200;
}

function relay(server, message, response, headers, modern) {
  let open = false;
  let done = false;
  const request = server.ask(message, {
    note: (notification) => {
      if (!open) {
        open = true;
        response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', ...headers });
      }
      response.write(event(notification));
    },
    finish: (answer) => {
      done = true;
      if (open) {
        response.end(event(answer));
      } else {
        send(response, modern ? statusOf(answer.error) : 200, answer, headers);
      }
    },
  });
  response.on('close', () => done || server.cancel(request));
}

// { url, close() }: close() ends the servers and gives their exit statuses.
export function startBridge(command, log) {
  const sessions = new Map();
  const servers = [];
  let shared;
  const start = () => {
    servers.push(new Server(command, log));
    return servers.at(-1);
  };

  function modern(message, request, response) {
    const named = request.headers['mcp-protocol-version'];
    const claimed = message.params?._meta?.[`${META}protocolVersion`];
    const method = request.headers['mcp-method'];
    if ((claimed !== undefined && named !== claimed) || (method !== undefined && method !== message.method)) {
      refuse(response, 400, message.id, -32020, 'headers and body differ');
      return;
    }
    shared ??= start();
    if (message.id === undefined || message.id === null) {
      shared.say(message);
      response.writeHead(202).end();
    } else {
      relay(shared, message, response, {}, true);
    }
  }

  function legacy(message, session, response) {
    if (message.method === 'initialize' && !session) {
      const id = randomUUID();
      sessions.set(id, start());
      relay(sessions.get(id), message, response, { 'mcp-session-id': id }, false);
      return;
    }
    const server = sessions.get(session);
    if (!server) {
      refuse(response, session ? 404 : 400, message.id, -32000, 'no such session');
    } else if (message.method === undefined || message.id === undefined || Array.isArray(message)) {
      server.say(message);
      response.writeHead(202).end();
    } else {
      relay(server, message, response, {}, false);
    }
  }

  function post(request, response, body) {
    let message;
    try {
      message = JSON.parse(body);
    } catch {
      refuse(response, 400, null, -32700, 'Parse error');
      return;
    }
    const claimed = message?.params?._meta?.[`${META}protocolVersion`] !== undefined;
    if (claimed || request.headers['mcp-protocol-version'] === '2026-07-28') {
      modern(message, request, response);
    } else {
      legacy(message, request.headers['mcp-session-id'], response);
    }
  }

  const front = http.createServer((request, response) => {
    const session = request.headers['mcp-session-id'];
    const host = (request.headers.host ?? '').replace(/:\d+$/, '');
    const local = (name) => ['localhost', '127.0.0.1', '[::1]'].includes(name);
    const origin = request.headers.origin;
    if (!local(host) || (origin && !local(new URL(origin).hostname))) {
      refuse(response, 403, null, -32000, 'not from here');
    } else if (request.method === 'DELETE') {
      sessions.get(session)?.process.stdin.end();
      response.writeHead(sessions.delete(session) ? 200 : 404).end();
    } else if (request.method === 'GET' && sessions.has(session)) {
      const server = sessions.get(session);
      response.writeHead(200, { 'content-type': 'text/event-stream', 'mcp-session-id': session });
      response.flushHeaders();
      server.stream = (message) => response.write(event(message));
      server.early.splice(0).forEach(server.stream);
      request.on('close', () => { server.stream = null; });
    } else if (request.method === 'POST') {
      let body = '';
      request.setEncoding('utf8');
      request.on('data', (chunk) => { body += chunk; });
      request.on('end', () => post(request, response, body));
    } else {
      refuse(response, 405, null, -32000, 'Method not allowed');
    }
  });
  return new Promise((resolve) => {
    front.listen(0, '127.0.0.1', () => resolve({
      url: `http://localhost:${front.address().port}/mcp`,
      close: () => {
        front.closeAllConnections();
        front.close();
        servers.forEach((s) => s.process.stdin.end());
        return Promise.all(servers.map((s) => s.ended));
      },
    }));
  });
}
