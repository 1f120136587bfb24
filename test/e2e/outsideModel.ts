/** The scripted model outside the sidecar, so that a test counts the requests that really travelled. */
import { readFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RecordedEvent } from '../../schemas';
import { silentLog } from '../../server/base';
import { startScriptedModel } from '../../server/llm';

/** One request that arrived: for which turn (from 0) of which plan, and when. */
export interface Asked {
  readonly plan: string;
  readonly turn: number;
  readonly at: number;
}

export interface OutsideModel {
  /** For a provider of `symphony.providers`; such a one is asked without a key, which is added on the way. */
  readonly baseUrl: string;
  /** Every request so far. */
  readonly asked: readonly Asked[];
  close(): Promise<void>;
}

/** Serves a script file to whoever asks on 127.0.0.1. */
export async function startOutsideModel(script: string): Promise<OutsideModel> {
  const asked: Asked[] = [];
  const model = await startScriptedModel({
    script: JSON.parse(readFileSync(script, 'utf8')),
    log: silentLog,
    onRequest: ({ plan, turn }) => asked.push({ plan, turn, at: Date.now() }),
  });
  const server = createServer((incoming, outgoing) => {
    const headers = { ...incoming.headers, authorization: `Bearer ${model.key}` };
    delete headers.host;
    const forwarded = request(
      new URL(incoming.url ?? '/', model.baseUrl),
      { method: incoming.method ?? 'GET', headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    forwarded.once('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await model.close();
    },
  };
}

/** Plan and turn of every request, sorted, since plans of a wave ask in any order. */
export const turnsOf = ({ asked }: OutsideModel): readonly string[] =>
  asked.map(({ plan, turn }) => `${plan} turn ${turn}`).sort();

/** Requests that were sent although the journal held their answer. */
export function askedAgain({ asked }: OutsideModel, events: readonly RecordedEvent[]): readonly string[] {
  const recordedAt = new Map(
    events.flatMap(({ event, at }) =>
      event.type === 'StepRecorded' ? [[`${event.node} ${event.key}`, at] as const] : [],
    ),
  );
  return asked
    .filter(({ plan, turn, at }) => at > (recordedAt.get(`agent:${plan} model:${turn + 1}`) ?? Infinity))
    .map(({ plan, turn }) => `${plan} turn ${turn}`);
}
