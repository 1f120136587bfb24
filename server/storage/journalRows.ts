import { crc32 } from 'node:zlib';
import { runEvent, type RecordedEvent, type RunEvent } from '../../schemas/journal/events';
import type { Row } from './sqlite';

/** What one append adds to one run, its events already text: later changes to them are not recorded. */
export interface Addition {
  readonly run: string;
  /** Seq of its first event. */
  readonly seq: number;
  readonly at: number;
  readonly events: readonly RunEvent[];
  readonly texts: readonly string[];
}

/** A row of `batches`: neighbouring events of one run and one moment, stored and checked as one. */
export interface Batch {
  /** Position and seq of its last event. */
  readonly last: number;
  readonly seq: number;
  readonly count: number;
  readonly run: string;
  readonly at: number;
  /** A JSON list of its events. */
  readonly body: string;
  readonly crc: number;
}

/**
 * A batch ends at 64 events or beyond 8,192 characters. One row for many events costs a third of one row
 * for each; beyond this size nothing more is gained, and a damaged row would take more with it.
 */
const mostEvents = 64;
const mostLength = 8192;

/** Packs additions, in order, into rows whose first event has the position after `position`. */
export function packed(position: number, additions: readonly Addition[]): Batch[] {
  const batches: Batch[] = [];
  let last = position;
  let body = '';
  let count = 0;
  additions.forEach(({ run, seq, at, texts }, i) => {
    const next = additions[i + 1];
    texts.forEach((text, j) => {
      body += count === 0 ? text : `,${text}`;
      last++;
      count++;
      const goesOn = j + 1 < texts.length || (next?.run === run && next.at === at);
      if (goesOn && count < mostEvents && body.length < mostLength) return;
      batches.push(sealed({ last, seq: seq + j, count, run, at, body: `[${body}]` }));
      body = '';
      count = 0;
    });
  });
  return batches;
}

const sealed = (batch: Omit<Batch, 'crc'>): Batch => ({ ...batch, crc: checksum(batch) });

/** Catches flipped bits that leave the database's own structure intact. */
const checksum = ({ last, seq, count, run, at, body }: Omit<Batch, 'crc'>): number =>
  crc32(body, crc32(`${last}\n${seq}\n${count}\n${run}\n${at}\n`));

/** The row as a batch; undefined when it is not what was written. */
export function whole(row: Row): Batch | undefined {
  const { last, seq, count, run, at, body, crc } = row;
  const batch = {
    last: Number(last),
    seq: Number(seq),
    count: Number(count),
    run: String(run),
    at: Number(at),
    body: String(body),
  };
  return checksum(batch) === crc ? { ...batch, crc } : undefined;
}

/** Why the events of a batch cannot be read: they are no events, or of a kind that a later version added. */
export type Unreadable = { readonly kind: string | undefined };

/**
 * The events of a batch. Its checksum has shown that a journal of this format wrote it, so each event's kind is
 * looked at and not its every member (ten times the time).
 */
export function unpacked(batch: Batch): RecordedEvent[] | Unreadable {
  const events = parseJson(batch.body) as readonly RunEvent[] | undefined;
  if (!Array.isArray(events) || events.length !== batch.count) return { kind: undefined };
  const strange = events.find((event: RunEvent | null) => event === null || !kinds.has(event.type));
  if (strange !== undefined) return { kind: (strange as RunEvent | null)?.type };
  const { run, at } = batch;
  const [position, seq] = [batch.last - batch.count + 1, batch.seq - batch.count + 1];
  return events.map((event: RunEvent, i) => ({ position: position + i, run, seq: seq + i, at, event }));
}

const kinds: ReadonlySet<string> = new Set(
  runEvent.def.options.flatMap((option) => [...option.shape.type.def.values]),
);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
