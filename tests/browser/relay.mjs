// A relay of its own for the test: own folder, own ports, the demonstration's roster, and TLS as people get it.
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { get } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const programs = join(process.env.CARGO_TARGET_DIR ?? join(root, 'target'), 'debug');
export const program = join(programs, 'dragoman-relay');
const client = join(programs, 'dragoman-client');

/** Says plainly what has to be installed or built; a test that skips itself proves nothing. */
export function requireParts() {
  const parts = [
    ['/usr/bin/chromium', 'Chromium is missing: run scripts/setup test'],
    ['/usr/bin/espeak-ng', 'espeak-ng is missing: run scripts/setup test'],
    [program, 'the relay is not built: run cargo build --workspace'],
    [client, 'the native client is not built: run cargo build --workspace'],
    [join(root, 'client/web/dist/index.html'), 'the web app is not built: run npm run build in client/web'],
  ];
  const missing = parts.filter(([file]) => !existsSync(file)).map(([file, what]) => `${what} (no ${file})`);
  if (missing.length > 0) throw new Error(missing.join('\n'));
}

export class Relay {
  #process;
  #scribe;
  #data;
  #port;

  /** `further`: more of its command line, for the port that was found. */
  static async start(folder, further = () => []) {
    const relay = new Relay();
    relay.#data = join(folder, 'relay');
    mkdirSync(relay.#data);
    relay.#port = await freePort();
    const log = openSync(join(folder, 'relay.log'), 'w');
    relay.#process = spawn(
      program,
      ['serve', '--demo', '--data', relay.#data, '--listen', `127.0.0.1:${relay.#port}`, ...further(relay.#port)],
      { stdio: ['ignore', 'ignore', log], env: { ...process.env, DRAGOMAN_LOG: 'warn' } },
    );
    closeSync(log);
    // Should the test itself be ended, its relay must not stay behind.
    process.once('exit', () => relay.#process.kill('SIGKILL'));
    await relay.#ready(join(folder, 'relay.log'));
    return relay;
  }

  /** The links that sign in, as the relay wrote them. */
  get links() {
    return JSON.parse(readFileSync(join(this.#data, 'demo-links.json'), 'utf8'));
  }

  /** Of the pages, and of the sound unless the command line says otherwise. */
  get port() {
    return this.#port;
  }

  /** A scribe with the small model stands by for the officer. */
  writeAlong(folder) {
    const log = openSync(join(folder, 'scribe.log'), 'w');
    const model = join(root, 'models/ggml-dragoman-test.bin');
    const ca = join(this.#data, 'tls-cert.pem');
    this.#scribe = spawn(client, ['scribe', this.links.scribe, '--model', model, '--ca', ca], {
      stdio: ['ignore', 'ignore', log],
      env: { ...process.env, DRAGOMAN_LOG: 'warn' },
    });
    closeSync(log);
    process.once('exit', () => this.#scribe.kill('SIGKILL'));
  }

  async end() {
    await ended(this.#scribe);
    await ended(this.#process);
  }

  async #ready(log) {
    const until = Date.now() + 20_000;
    while (Date.now() < until && this.#process.exitCode === null) {
      if (existsSync(join(this.#data, 'demo-links.json')) && (await this.#answers())) return;
      await pause(50);
    }
    await this.end();
    throw new Error(`the relay did not become ready; it said:\n${readFileSync(log, 'utf8')}`);
  }

  #answers() {
    return new Promise((resolve) => {
      const ca = readFileSync(join(this.#data, 'tls-cert.pem'));
      const request = get({ host: '127.0.0.1', port: this.#port, servername: 'localhost', path: '/readyz', ca });
      request.on('response', (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      });
      request.on('error', () => resolve(false));
    });
  }
}

async function ended(process) {
  if (process === undefined || process.exitCode !== null || process.signalCode !== null) return;
  const exit = once(process, 'exit');
  process.kill('SIGTERM');
  const late = setTimeout(() => process.kill('SIGKILL'), 5_000);
  await exit;
  clearTimeout(late);
}

/**
 * A number that is free both for TCP, which carries the pages, and for UDP, which carries the sound. Below the range
 * that the system hands out by itself, so that no outgoing connection takes it before the relay does.
 */
async function freePort() {
  for (let port = 10_000 + (process.pid % 1_000); port < 12_000; port += 1) {
    const server = createServer().listen(port, '127.0.0.1');
    const listening = once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!(await listening)) continue;
    const socket = createSocket('udp4');
    const free = await new Promise((resolve) => {
      socket.once('error', () => resolve(false));
      socket.bind(port, '127.0.0.1', () => resolve(true));
    });
    socket.close();
    server.close();
    await once(server, 'close');
    if (free) return port;
  }
  throw new Error('no free port from 10000 to 11999');
}
