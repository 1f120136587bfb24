import { homedir } from 'node:os';
import path from 'node:path';
import { problem, type Context } from '../base';
import { sha256, systemClock, systemRandom } from '../base/node';
import { rootKey, stateFolder, type Environment } from '../../schemas/link';
import { markRequirement, parseDocument, setField, tickPlan, type Splice } from '../planning';
import {
  openPlanningWriter,
  planningFiles,
  type Edited,
  type PastEdit,
  type PlanningWriter,
} from '../storage';

/** What a person wants to say in a tree. */
export type Change =
  | { readonly what: 'state'; readonly field: string; readonly value: string }
  | { readonly what: 'plan' | 'requirement'; readonly id: string; readonly done: boolean };

export interface ChangeOptions {
  /** Heading under which a field stands, where several have its name. */
  readonly section?: string;
  /** The workstream whose files are meant; the project's own when left out. */
  readonly workstream?: string;
}

export interface PreparedChange {
  readonly path: string;
  readonly hash: string;
  readonly splices: readonly Splice[];
  readonly reason: string;
  /** Whether it claims something for which there must be evidence or a person. */
  readonly needsWord: boolean;
}

/** Finds the edit that makes a change; nothing is written. Throws `planning.*`. */
export async function prepareChange(
  root: string,
  change: Change,
  options: ChangeOptions = {},
): Promise<PreparedChange> {
  const file = fileOf(change, options.workstream);
  const bytes = await planningFiles(root).read(file);
  if (!bytes) throw problem('planning.unreadable', { file, detail: 'there is no such file' });
  const { blocks } = parseDocument(file, bytes);
  const prepared = { path: file, hash: sha256(bytes) };
  if (change.what === 'state') {
    const { field: name, value } = change;
    const section = options.section === undefined ? {} : { section: options.section };
    const splices = setField(blocks, { file, name, value, ...section });
    return { ...prepared, splices, reason: `set ${name} to “${value}”`, needsWord: false };
  }
  const { id, done } = change;
  const splices =
    change.what === 'plan'
      ? tickPlan(blocks, { file, plan: id, done })
      : markRequirement(blocks, { file, id, done });
  const reason = `mark ${change.what} ${id} ${done ? 'done' : 'open'}`;
  return { ...prepared, splices, reason, needsWord: done && splices.length > 0 };
}

/** Makes a prepared change; `byHand` is recorded with it. */
export async function changeTree(
  ctx: Context,
  root: string,
  env: Environment,
  prepared: PreparedChange,
  byHand: boolean,
): Promise<Edited> {
  const writer = await writerOf(ctx, root, env);
  const { path: file, hash, splices, reason } = prepared;
  return writer.edit(ctx, file, hash, splices, { text: reason, byHand });
}

/** Takes back the edit `id`, or the last one that still counts and takes none back itself. */
export async function undoLast(
  ctx: Context,
  root: string,
  env: Environment,
  id?: string,
): Promise<Edited & { readonly undone: string; readonly reason: string }> {
  const writer = await writerOf(ctx, root, env);
  const past = await writer.history();
  const edit = past.find((one) =>
    id === undefined ? one.state === 'applied' && one.undoes === null : one.id === id,
  );
  if (!edit)
    throw id === undefined
      ? problem('planning.nothingToUndo', { path: root })
      : problem('planning.undoUnknown', { edit: id });
  return { ...(await writer.undo(ctx, edit.id)), undone: edit.id, reason: edit.reason };
}

/** The edits Symphony made in a tree, the newest first. */
export async function editsOf(ctx: Context, root: string, env: Environment): Promise<readonly PastEdit[]> {
  return (await writerOf(ctx, root, env)).history();
}

function writerOf(ctx: Context, root: string, env: Environment): Promise<PlanningWriter> {
  const state = stateFolder(env, process.platform, env.HOME ?? homedir());
  return openPlanningWriter({
    root,
    undoFolder: path.join(state, 'planning', rootKey(root)),
    clock: systemClock,
    random: systemRandom,
    log: ctx.log,
  });
}

const files = { state: 'STATE.md', plan: 'ROADMAP.md', requirement: 'REQUIREMENTS.md' } as const;

function fileOf({ what }: Change, workstream: string | undefined): string {
  return workstream === undefined
    ? `.planning/${files[what]}`
    : `.planning/workstreams/${workstream}/${files[what]}`;
}
