import { kinds, priorities, type Envelope, type Kind, type PriorityName } from './envelope';
import { unpack } from './payload';

/** A message as exports and records show it: every word written out. */
export interface LongForm {
  readonly version: number;
  readonly kind: keyof typeof kinds;
  readonly correlation_id: string;
  readonly message_type: string;
  readonly metadata: {
    readonly priority: PriorityName;
    readonly timeout_ms?: number;
    readonly count?: number;
    readonly source_component: string;
    readonly target_component?: string;
  };
  readonly payload: unknown;
  /** ISO-8601, UTC. */
  readonly timestamp: string;
}

/** The long form of a message between two named ends. A correlation is a number of one connection, so it is shown with it. */
export function toLongForm(envelope: Envelope, source: string, target?: string): LongForm {
  const { bytes, payloadStart, payloadEnd } = envelope;
  return {
    version: 1,
    kind: kindNames[envelope.kind],
    correlation_id: `${source}-${envelope.correlation}`,
    message_type: envelope.type,
    metadata: {
      priority: priorityNames[envelope.priority]!,
      ...(envelope.deadline > 0 && { timeout_ms: envelope.deadline }),
      ...(envelope.count > 0 && { count: envelope.count }),
      source_component: source,
      ...(target !== undefined && { target_component: target }),
    },
    payload: unpack(bytes, payloadStart, payloadEnd) ?? null,
    timestamp: new Date(Math.min(envelope.time, mostTime)).toISOString(),
  };
}

/** The last moment a date can be. */
const mostTime = 8.64e15;

const kindNames = Object.fromEntries(Object.entries(kinds).map(([name, kind]) => [kind, name])) as Record<
  Kind,
  keyof typeof kinds
>;
const priorityNames = Object.keys(priorities) as PriorityName[];
