import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { formats, type Event, type Format, type Said } from './formats';

export type { Format, Said };

/** One request as a fake provider saw it. */
export interface Seen {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
}

/** How a fake provider answers its next request. */
export type Play = (response: ServerResponse, seen: Seen) => void;

export interface FakeProvider {
  readonly baseUrl: string;
  readonly seen: Seen[];
  close(): Promise<void>;
}

/** A provider on 127.0.0.1 that plays `plays` in order and repeats the last one. */
export async function startProvider(plays: readonly Play[]): Promise<FakeProvider> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(parts).toString('utf8') || '{}') as Record<string, unknown>;
      const one = { path: request.url ?? '', headers: request.headers, body };
      seen.push(one);
      plays[Math.min(seen.length, plays.length) - 1]!(response, one);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const write = (response: ServerResponse, events: readonly Event[]) => {
  for (const [name, data] of events) {
    if (name !== null) response.write(`event: ${name}\n`);
    response.write(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`);
  }
};

const begin = (response: ServerResponse) =>
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });

/** A whole, good answer. */
export const says =
  (format: Format, said: Said): Play =>
  (response) => {
    begin(response);
    write(response, formats[format](said));
    response.end();
  };

/** An error of the provider's own shape. */
export const fails =
  (status: number, type: string, message: string, headers: Record<string, string> = {}): Play =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ type: 'error', error: { type, message, code: type } }));
  };

/** The first `count` events of an answer, then a broken connection (`reset`) or a clean early end. */
export const cuts =
  (format: Format, said: Said, count: number, how: 'reset' | 'end'): Play =>
  (response) => {
    begin(response);
    write(response, formats[format](said).slice(0, count));
    if (how === 'end') response.end();
    else setTimeout(() => response.destroy(), 20);
  };

/** Headers and one event at most, then nothing for ever. */
export const fallsSilent =
  (format: Format, said: Said, count: number): Play =>
  (response) => {
    if (count === 0) return;
    begin(response);
    write(response, formats[format](said).slice(0, count));
  };

/** Bytes that are no event stream of any model. */
export const sendsRaw =
  (bytes: string, type = 'text/event-stream'): Play =>
  (response) => {
    response.writeHead(200, { 'content-type': type });
    response.end(bytes);
  };
