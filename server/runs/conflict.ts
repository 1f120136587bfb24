import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Context } from '../base';
import { forecast, type Touched } from '../arbitration';
import type { Commit, MergeResult, PrivateRepository, TreeChange } from '../git';

/** Why two sides cannot be joined at a path, the gravest first. */
const kinds = [
  'renamed',
  'folder',
  'caseTwins',
  'type',
  'submodule',
  'deleted',
  'binary',
  'symlink',
  'lines',
] as const;
export type ConflictKind = (typeof kinds)[number];

export interface Conflict {
  /** Each path in conflict as people know it, and why. */
  readonly kinds: Readonly<Record<string, ConflictKind>>;
  /** Everything that must come from one side if that side is taken: former names and what lies below a folder too. */
  readonly take: readonly string[];
}

/** Both sides of a merge and where they come from. */
export interface Sides {
  readonly base: string;
  readonly ours: Commit;
  readonly theirs: Commit;
}

/**
 * What cannot be joined in a merge; undefined where all can. Names that differ by letter case alone are a conflict too:
 * git lets both stand, and on many disks one of them would be written over by the other.
 */
export async function conflictIn(
  ctx: Context,
  repository: PrivateRepository,
  { base, ours, theirs }: Sides,
  result: MergeResult,
): Promise<Conflict | undefined> {
  const [left, right] = await Promise.all([
    repository.changes(ctx, base, ours.commit),
    repository.changes(ctx, base, theirs.commit),
  ]);
  const found = new Map<string, ConflictKind>();
  const take = new Set<string>();
  if (result.kind === 'clean') {
    const twins = twinsOf(left, right);
    if (twins.length === 0) return undefined;
    const there = new Set(
      (await repository.changes(ctx, base, result.tree)).filter(({ after }) => after).map((one) => one.path),
    );
    for (const twin of twins) if (there.has(twin)) found.set(twin, 'caseTwins');
    if (found.size === 0) return undefined;
  } else {
    for (const file of result.files) take.add(file);
    for (const { kind, files } of result.details) {
      for (const file of files) take.add(file);
      for (const name of files) if (!isSetAside(name)) put(found, name, kindOf(kind, name, [left, right]));
    }
    for (const file of result.files) if (!isSetAside(file) && !found.has(file)) put(found, file, 'lines');
  }
  for (const name of found.keys()) take.add(name);
  return { kinds: Object.fromEntries(found), take: [...closed(take, [...left, ...right])] };
}

/** git sets a file aside whose name is taken, by its side's commit; people know it by its own name. */
const isSetAside = (name: string): boolean => /~[0-9a-f]{40,64}(_\d+)?$/.test(name);

function put(found: Map<string, ConflictKind>, name: string, kind: ConflictKind): void {
  const before = found.get(name);
  if (before === undefined || kinds.indexOf(kind) < kinds.indexOf(before)) found.set(name, kind);
}

function kindOf(told: string, name: string, sides: readonly (readonly TreeChange[])[]): ConflictKind {
  if (told.startsWith('rename/') && told !== 'rename/delete') return 'renamed';
  if (told === 'file/directory') return 'folder';
  if (told.startsWith('distinct')) return 'type';
  if (told.startsWith('submodule')) return 'submodule';
  if (told.endsWith('/delete')) return 'deleted';
  if (told === 'binary') return 'binary';
  const [one, other] = sides.map(
    (changes) => changes.find(({ path: at, from }) => at === name && from !== null)?.from,
  );
  if (one && other && one !== other) return 'renamed';
  const isLink = sides.some((changes) =>
    changes.some((one) => one.path === name && one.after?.mode === '120000'),
  );
  return isLink ? 'symlink' : 'lines';
}

/** Names of both sides that are the same on disks that do not tell letter cases apart. */
const twinsOf = (left: readonly Touched[], right: readonly Touched[]): readonly string[] =>
  forecast([
    { id: 'left', declared: [], observed: left },
    { id: 'right', declared: [], observed: right },
  ])
    .filter(({ kind }) => kind === 'caseTwins')
    .flatMap(({ paths }) => paths);

/** With every path also what it was renamed from or to, and what lies below it. */
function closed(paths: ReadonlySet<string>, changes: readonly TreeChange[]): Set<string> {
  const all = new Set(paths);
  for (let size = -1; size !== all.size;) {
    size = all.size;
    for (const { path: name, from } of changes) {
      const isBelow = [...all].some((one) => name.startsWith(`${one}/`) || from?.startsWith(`${one}/`));
      if (!isBelow && !all.has(name) && (from === null || !all.has(from))) continue;
      all.add(name);
      if (from !== null) all.add(from);
    }
  }
  return all;
}

/** What a side holds at the paths of a conflict is laid out as files, up to these limits. */
const most = { files: 100, bytes: 10_000_000 };

/** Lays out base and both sides of a conflict as plain files below `folder`, for whoever resolves it. */
export async function layOutSides(
  ctx: Context,
  repository: PrivateRepository,
  { base, ours, theirs }: Sides,
  conflict: Conflict,
  folder: string,
): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  const wanted = new Set(conflict.take.slice(0, most.files));
  const before = new Map<string, string>();
  const after = { integrated: new Map<string, string>(), plan: new Map<string, string>() };
  const gone = { integrated: new Set<string>(), plan: new Set<string>() };
  for (const [side, commit] of [
    ['integrated', ours.commit],
    ['plan', theirs.commit],
  ] as const)
    for (const change of await repository.changes(ctx, base, commit)) {
      const former = change.from ?? change.path;
      if (change.before !== null) before.set(former, change.before.object);
      if (change.after !== null) after[side].set(change.path, change.after.object);
      if (change.after === null || change.from !== null) gone[side].add(former);
    }
  for (const name of wanted) {
    await layOut(ctx, repository, path.join(folder, 'base'), name, before.get(name));
    for (const side of ['integrated', 'plan'] as const) {
      const object = after[side].get(name) ?? (gone[side].has(name) ? undefined : before.get(name));
      await layOut(ctx, repository, path.join(folder, side), name, object);
    }
  }
}

/** Links are laid out as text: where they point to. */
async function layOut(
  ctx: Context,
  repository: PrivateRepository,
  folder: string,
  name: string,
  object: string | undefined,
): Promise<void> {
  if (object === undefined) return;
  const bytes = await repository.readObject(ctx, object).catch(() => undefined);
  if (bytes === undefined || bytes.length > most.bytes) return;
  const file = path.join(folder, name);
  if (path.relative(folder, file).startsWith('..')) return;
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, bytes);
}

/** Whether any of the files still holds a conflict marker. */
export async function stillMarked(top: string, files: readonly string[]): Promise<boolean> {
  for (const file of files) {
    const text = await readFile(path.join(top, file), 'latin1').catch(() => '');
    if (/^(<{7}|>{7}) /m.test(text)) return true;
  }
  return false;
}
