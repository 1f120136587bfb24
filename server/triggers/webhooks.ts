import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Problem } from '../../schemas/codes';
import { problem, problemOf, toDisposable, type Clock, type Disposable, type Log } from '../base';
import { isCode } from '../base/node';
import { Rate } from './rate';
import type { Inputs } from './types';

export interface Hook {
  /** The last part of its address. */
  readonly path: string;
  readonly token: string;
  /** What a call gives: the run it started. `key` is the caller's own name for the call. Throws a problem. */
  call(inputs: Inputs, key: string | undefined): Promise<{ run: string }>;
}

export interface WebhooksOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** The port of last time, tried first. */
  readonly port: number | undefined;
  /** Told the port when it is another one. */
  readonly onPort: (port: number) => void;
}

export const mostBodyBytes = 1024 * 1024;
/** Calls of one webhook, and refused calls of all, per minute. */
const mostCalls = 60;
const mostRefused = 60;

/**
 * Webhooks on this computer alone. The server listens on the loopback address while there is a hook; a
 * request must name that address as its host (a web page that had its name point here would not), carry no
 * origin of a page, and bring the token of the very hook it calls. Unknown addresses and wrong tokens get
 * one answer.
 */
export class Webhooks implements Disposable {
  private readonly hooks = new Map<string, Hook>();
  private readonly calls: Rate;
  private readonly refused: Rate;
  private server: Server | undefined;
  private opening: Promise<void> = Promise.resolve();
  private kept: number | undefined;

  constructor(private readonly options: WebhooksOptions) {
    this.calls = new Rate(options.clock, mostCalls);
    this.refused = new Rate(options.clock, mostRefused);
    this.kept = options.port;
  }

  /** Serves a hook until disposed; throws what the system says when no port can be had. */
  async add(hook: Hook): Promise<Disposable> {
    this.hooks.set(hook.path, hook);
    await this.adjust();
    return toDisposable(() => {
      if (this.hooks.get(hook.path) === hook) this.hooks.delete(hook.path);
      void this.adjust();
    });
  }

  /** Where a hook is called; undefined while nothing listens. */
  address(path: string): string | undefined {
    return this.server?.listening === true ? `http://127.0.0.1:${this.kept}/hooks/${path}` : undefined;
  }

  dispose(): void {
    this.hooks.clear();
    void this.adjust();
  }

  /** Opens the server when there is a hook, closes it when there is none; one after another. */
  private adjust(): Promise<void> {
    const next = this.opening.then(async () => {
      if (this.hooks.size > 0 && this.server === undefined) await this.listen();
      else if (this.hooks.size === 0 && this.server !== undefined) this.close();
    });
    this.opening = next.catch(() => undefined);
    return next;
  }

  private async listen(): Promise<void> {
    const server = createServer(
      {
        maxHeaderSize: 8 * 1024,
        headersTimeout: 5000,
        requestTimeout: 10_000,
        connectionsCheckingInterval: 1000,
        keepAliveTimeout: 1000,
      },
      (request, response) => void this.answer(request, response),
    );
    server.maxConnections = 50;
    server.on('clientError', (_thrown, socket) => socket.destroy());
    try {
      await listening(server, this.kept ?? 0);
    } catch (thrown) {
      if (this.kept === undefined || !(isCode(thrown, 'EADDRINUSE') || isCode(thrown, 'EACCES')))
        throw thrown;
      this.options.log.warn('the port of webhooks is taken; they get another', { port: this.kept });
      await listening(server, 0);
    }
    // The process ends when nothing else holds it.
    server.unref();
    this.server = server;
    const { port } = server.address() as AddressInfo;
    if (port !== this.kept) this.options.onPort(port);
    this.kept = port;
  }

  /** Takes no more; what is being answered has a second for it. */
  private close(): void {
    const server = this.server!;
    this.server = undefined;
    const closed = new AbortController();
    server.close(() => closed.abort());
    this.options.clock.sleep(1000, closed.signal).then(
      () => server.closeAllConnections(),
      () => undefined,
    );
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const hook = this.hookOf(request);
      const inputs = await inputsOf(request);
      if (!this.calls.take(hook.path)) throw refusal(429, 'hook.tooMany');
      const { run } = await hook.call(inputs, keyOf(request));
      send(response, 202, { run });
    } catch (thrown) {
      const { status, why } = thrown instanceof Refusal ? thrown : { status: 422, why: problemOf(thrown) };
      this.options.log.info('a webhook call was refused', { status, code: why.code });
      send(response, status, why);
      // What it still sends is not read.
      if (!request.complete) response.once('finish', () => request.destroy());
    }
  }

  /** The hook a request may call. Nothing of its body is read before. */
  private hookOf(request: IncomingMessage): Hook {
    const host = request.headers.host ?? '';
    const isHere = host === `127.0.0.1:${this.kept}` || host === `localhost:${this.kept}`;
    if (!isHere || request.headers.origin !== undefined)
      throw this.refuse(403, 'hook.host', { host: host.slice(0, 100) });
    if (request.method !== 'POST')
      throw this.refuse(405, 'hook.method', { method: (request.method ?? '').slice(0, 20) });
    const path = /^\/hooks\/([a-z0-9][a-z0-9/-]{0,199})$/.exec(request.url ?? '')?.[1];
    const token = /^Bearer ([0-9a-f]{64})$/i.exec(request.headers.authorization ?? '')?.[1];
    const hook = path === undefined ? undefined : this.hooks.get(path);
    // Compared in any case, so that time does not tell which addresses there are.
    const isRight = equal(token ?? '', hook?.token ?? 'none');
    if (hook === undefined || token === undefined || !isRight) throw this.refuse(401, 'hook.unauthorized');
    return hook;
  }

  /** Guessing is slowed down; callers with a right token are not. */
  private refuse(status: number, ...args: Parameters<typeof problem>): Refusal {
    return this.refused.take('all') ? refusal(status, ...args) : refusal(429, 'hook.tooMany');
  }
}

class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly why: Problem,
  ) {
    super(why.code);
  }
}

const refusal = (status: number, ...args: Parameters<typeof problem>): Refusal =>
  new Refusal(status, problem(...args).problem);

/** Whether two texts are equal, in a time that says nothing about them. */
function equal(one: string, other: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(one), hash(other));
}

/** The caller's own name for the call: calling again with it gives the same run. */
function keyOf(request: IncomingMessage): string | undefined {
  const key = request.headers['idempotency-key'];
  return typeof key === 'string' && key.length > 0 && key.length <= 200 ? key : undefined;
}

async function inputsOf(request: IncomingMessage): Promise<Inputs> {
  const tooLarge = () => refusal(413, 'hook.tooLarge', { most: mostBodyBytes });
  if (Number(request.headers['content-length'] ?? 0) > mostBodyBytes) throw tooLarge();
  const body = await bodyOf(request, tooLarge);
  if (body.length === 0) return {};
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
    throw refusal(415, 'hook.body', { detail: 'its Content-Type is not application/json' });
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (thrown) {
    throw refusal(400, 'hook.body', { detail: String(thrown).slice(0, 200) });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refusal(400, 'hook.body', { detail: 'it is something else' });
  return value as Inputs;
}

/** Reads by events: leaving a loop over the request would close the connection before it is answered. */
function bodyOf(request: IncomingMessage, tooLarge: () => Refusal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= mostBodyBytes) return chunks.push(chunk);
      request.pause();
      return reject(tooLarge());
    });
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('error', reject);
    request.once('close', () => reject(new Error('the caller went away')));
  });
}

function send(response: ServerResponse, status: number, body: object): void {
  if (response.headersSent || response.destroyed) return;
  const headers: Record<string, string> = {
    'Content-Type': 'application/json',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  };
  if (status === 405) headers['Allow'] = 'POST';
  if (status === 401) headers['WWW-Authenticate'] = 'Bearer';
  if (status === 429) headers['Retry-After'] = '60';
  if (status >= 400) headers['Connection'] = 'close';
  response.writeHead(status, headers).end(`${JSON.stringify(body)}\n`);
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
