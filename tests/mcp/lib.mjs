// SPDX-License-Identifier: MIT
// What the client scripts share: arguments, the npm packages, and a list of checks.
import { createRequire } from 'node:module';
import path from 'node:path';

// Packages are loaded from $MCP_NODE_DIR (a folder with node_modules), else from here.
const here = path.dirname(new URL(import.meta.url).pathname);
export const require = createRequire(path.join(process.env.MCP_NODE_DIR || here, 'x.js'));
export const Ajv2020 = require('ajv/dist/2020.js').default;

// script [--flag value]... -- server-command [argument]...
export function parseArguments(defaults) {
  const words = process.argv.slice(2);
  const options = { ...defaults };
  while (words.length > 0 && words[0] !== '--') {
    const name = words.shift().replace(/^--/, '');
    if (!(name in options)) {
      throw new Error(`unknown flag --${name}`);
    }
    options[name] = words.shift();
  }
  if (words.shift() !== '--' || words.length === 0) {
    console.error(`usage: ${path.basename(process.argv[1])} [--flag value]... -- server-command [argument]...`);
    process.exit(2);
  }
  return { ...options, command: words[0], args: words.slice(1) };
}

export function must(condition, message) {
  if (!condition) {
    throw new Error(message);
  }
}

export class Checks {
  failures = 0;
  count = 0;

  async step(name, check) {
    this.count += 1;
    try {
      await check();
    } catch (e) {
      this.failures += 1;
      console.log(`FAILED ${name}: ${e.code === undefined ? '' : `[${e.code}] `}${e.message}`);
    }
  }

  finish() {
    console.log(`${this.count} checks, ${this.failures} failed`);
    process.exit(this.failures === 0 ? 0 : 1);
  }
}

export async function mustFail(promise, code, what) {
  let result;
  try {
    result = await promise;
  } catch (e) {
    must(e.code === code, `${what}: error ${e.code} ${e.message} instead of ${code}`);
    return;
  }
  throw new Error(`${what}: no error but ${JSON.stringify(result).slice(0, 200)}`);
}
