import type { RecordedEvent, RunEvent } from '../../schemas/journal/events';
import type { AuditEntry } from '../../schemas/wire/execution';

/** Which events are asked for; absent members let everything pass. */
export interface AuditFilter {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly types?: readonly string[] | undefined;
  /** A node, and everything inside it. */
  readonly node?: string | undefined;
  readonly actor?: string | undefined;
}

/** What the record says of one event: who did it, and what became of what. */
export function auditEntry(recorded: RecordedEvent): AuditEntry {
  const { event } = recorded;
  return { ...recorded, actor: actorOf(event), node: nodeOf(event) ?? null, becomes: becomes(event) };
}

/** Whether an event is among those asked for. */
export function passes(recorded: RecordedEvent, filter: AuditFilter): boolean {
  const { at, event } = recorded;
  if (filter.from !== undefined && at < filter.from) return false;
  if (filter.to !== undefined && at > filter.to) return false;
  if (filter.types !== undefined && !filter.types.includes(event.type)) return false;
  if (filter.actor !== undefined && actorOf(event) !== filter.actor) return false;
  return filter.node === undefined || concerns(event, filter.node);
}

/** Whether an event is about a node or something inside it. */
export function concerns(event: RunEvent, node: string): boolean {
  if (event.type === 'GenerationBegun') return event.nodes.includes(node);
  const of = nodeOf(event);
  return of !== undefined && (of === node || of.startsWith(`${node}[`));
}

/** The node an event is about; the ids of questions begin with the node that asks. */
function nodeOf(event: RunEvent): string | undefined {
  if ('node' in event) return event.node;
  if (event.type !== 'QuestionAnswered') return undefined;
  // `node/attempt/question`, where the node of a round has slashes of its own.
  return /^(.+?)\/\d+\/[^/]*$/s.exec(event.question)?.[1];
}

function actorOf(event: RunEvent): string {
  switch (event.type) {
    case 'RunCreated':
      return event.trigger === undefined ? 'person' : `trigger ${event.trigger.id}`;
    case 'NodeSkipped':
      return event.reason === 'person' ? 'person' : 'symphony';
    case 'NodeEdited':
    case 'GenerationBegun':
    case 'QuestionAnswered':
    case 'NodeRetried':
    case 'RunPaused':
    case 'RunResumed':
    case 'RunCancelRequested':
    case 'FileDecided':
      return 'person';
    default:
      return 'symphony';
  }
}

function becomes(event: RunEvent): string | null {
  switch (event.type) {
    case 'RunCreated':
    case 'RunResumed':
    case 'GenerationBegun':
    case 'NodeStarted':
      return 'running';
    case 'NodeCompleted':
    case 'NodeReused':
    case 'NodeSubstituted':
    case 'RunCompleted':
      return 'completed';
    case 'NodeFailed':
      return event.final ? 'failed' : 'pending';
    case 'NodeSkipped':
      return 'skipped';
    case 'NodeRetried':
    case 'StandbyCalled':
      return 'pending';
    case 'QuestionAsked':
      return 'waiting';
    case 'QuestionAnswered':
      return 'running';
    case 'RunPaused':
      return 'paused';
    case 'RunStopping':
    case 'RunCancelRequested':
      return 'cancelling';
    case 'RunFailed':
      return 'failed';
    case 'RunCancelled':
      return 'cancelled';
    default:
      return null;
  }
}

const columns = ['time', 'run', 'seq', 'position', 'actor', 'event', 'node', 'becomes', 'detail'] as const;

/** The entries as CSV (RFC 4180, with CRLF); `withHead` puts the names of the columns before them. */
export function auditCsv(entries: readonly AuditEntry[], withHead: boolean): string {
  const rows = entries.map(({ at, run, seq, position, actor, event, node, becomes: state }) => {
    const { type, ...detail } = event;
    const time = new Date(at).toISOString();
    return [time, run, seq, position, actor, type, node ?? '', state ?? '', JSON.stringify(detail)];
  });
  return [...(withHead ? [columns] : []), ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

/**
 * One cell. Spreadsheets take text that begins with one of these characters for a formula, and what models and
 * files say stands in these cells; an apostrophe before it makes it text.
 */
function cell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const harmless = /^[\s]*[=+\-@\t\r\n|]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
