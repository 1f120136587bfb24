import * as z from 'zod/mini';
import { notification, request } from '../define';
import { nodeState, runState } from './run';

/** A card of the board. */
export const boardNode = z.object({
  id: z.string(),
  kind: z.string(),
  title: z.string(),
  state: nodeState,
  attempt: z.int(),
  /** The newest sign of life, the problem’s code, or `skipped.` with the reason; empty when there is none. */
  note: z.string(),
  startedAt: z.nullable(z.number()),
  endedAt: z.nullable(z.number()),
});
export type BoardNode = z.infer<typeof boardNode>;

export const boardEdge = z.object({ from: z.string(), to: z.string() });
export type BoardEdge = z.infer<typeof boardEdge>;

export const boardView = z.object({
  run: z.string(),
  title: z.string(),
  state: runState,
  revision: z.int(),
  nodes: z.array(boardNode),
  edges: z.array(boardEdge),
});
export type BoardView = z.infer<typeof boardView>;

export const boardOp = z.discriminatedUnion('op', [
  /** A card as it is now; one that was not there before is new. */
  z.object({ op: z.literal('node'), node: boardNode }),
  /** Edges that are new: those of a round that began, or of a standby that was called. */
  z.object({ op: z.literal('edges'), edges: z.array(boardEdge) }),
  z.object({ op: z.literal('state'), state: runState }),
]);
export type BoardOp = z.infer<typeof boardOp>;

export const boardSnapshot = request({
  method: 'board/snapshot',
  direction: 'client→sidecar',
  doc: 'The whole board of a run and its revision; patches of later revisions follow on this connection.',
  params: z.object({ run: z.string() }),
  result: boardView,
  errors: ['run.unknown'],
  runs: 'read',
});

export const boardPatch = notification({
  method: 'board/patch',
  direction: 'sidecar→client',
  doc: 'Turns revision `from` into `to`; a client that holds another revision asks for a snapshot.',
  params: z.object({ run: z.string(), from: z.int(), to: z.int(), ops: z.array(boardOp) }),
});
