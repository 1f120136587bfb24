import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { problem, problemOf, ProblemError, type Clock, type Context, type Disposable } from '../base';
import { isCode } from '../base/node';
import { watchFolder } from './folderWatch';
import { compileGlobs, type Globs } from './globs';
import { opened } from './opened';
import { Quiet } from './quiet';
import type { FileChange, WatchFiles } from './types';

export interface FileWatchOptions extends WatchFiles {
  readonly clock: Clock;
  /** The folder that paths are relative to. */
  readonly root: string;
  /** Which of these paths (folders end in a slash) git ignores. */
  readonly ignored: (ctx: Context, paths: readonly string[]) => Promise<ReadonlySet<string>>;
  /** Default 300 ms of quiet, 2 s at most. */
  readonly quietMs?: number;
  readonly mostMs?: number;
  /** Each costs the system a watch and us a list of its names; default 20,000. */
  readonly mostFolders?: number;
}

interface Folder {
  readonly watcher: Disposable;
  /** Which folder it is: another may have taken its name, and its watch does not tell. */
  readonly identity: string;
  /** Matching files by name, with what tells one state of a file from another. */
  readonly files: Map<string, string>;
  /** The state of its `.gitignore`. */
  rules: string | undefined;
}

/**
 * Watches files by patterns: one watch per folder that a pattern reaches and git does not ignore, and a
 * list of what lies there. Hints only say where to look again; what changed is the difference of two looks,
 * so that lost and doubled hints do no harm. Repositories within are left alone.
 */
export function watchFilesIn(ctx: Context, options: FileWatchOptions): Promise<Disposable> {
  return opened(new FileWatch(ctx, options));
}

class FileWatch implements Disposable {
  private readonly globs: Globs;
  private readonly folders = new Map<string, Folder>();
  /** Names to look at again by folder; the empty name stands for all. */
  private dirty = new Map<string, Set<string>>();
  private changes = new Map<string, FileChange>();
  private readonly quiet: Quiet;
  private opening: Promise<void> = Promise.resolve();
  private disposed = false;

  constructor(
    private readonly ctx: Context,
    private readonly options: FileWatchOptions,
  ) {
    this.globs = compileGlobs(options.patterns);
    const { clock, quietMs = 300, mostMs = 2000 } = options;
    this.quiet = new Quiet({ clock, quietMs, mostMs, work: () => this.flush() });
  }

  async open(): Promise<void> {
    this.opening = this.take([''], false);
    await this.opening;
  }

  dispose(): void {
    this.disposed = true;
    this.quiet.dispose();
    for (const { watcher } of this.folders.values()) watcher.dispose();
    this.folders.clear();
  }

  /** Watches folders and all below them, level by level; files found are told as created if `tell`. */
  private async take(folders: readonly string[], tell: boolean): Promise<void> {
    let level = folders;
    while (level.length > 0 && !this.disposed) {
      const below: string[] = [];
      for (const folder of level) below.push(...(await this.takeOne(folder, tell)));
      level = await this.admitted(below);
    }
  }

  /** Watches one folder and lists it; the folders in it that may matter. */
  private async takeOne(folder: string, tell: boolean): Promise<string[]> {
    if (this.disposed || this.folders.has(folder)) return [];
    if (this.folders.size >= (this.options.mostFolders ?? 20_000)) throw this.tooMuch();
    const identity = await this.stampOf(folder);
    // Watched before it is listed: what happens in between is looked at twice rather than never.
    const watcher = this.watcherOf(folder);
    if (watcher === undefined) return [];
    const isSame = identity !== undefined && (await this.stampOf(folder)) === identity;
    if (!isSame || !isFolderStamp(identity) || this.disposed) {
      watcher.dispose();
      if (folder === '' && !this.disposed) throw this.failure(folder, 'it is no folder');
      // Replaced meanwhile, of which the folder above has a hint.
      return [];
    }
    const files = new Map<string, string>();
    this.folders.set(folder, { watcher, identity, files, rules: await this.rulesOf(folder) });
    const entries = await this.listed(folder);
    if (folder !== '' && entries.some(({ name }) => name === '.git')) {
      this.drop(folder, false);
      return [];
    }
    const matching = entries.filter(
      (entry) => !entry.isDirectory() && this.globs.matches(join(folder, entry.name)),
    );
    const stamps = await Promise.all(matching.map(({ name }) => this.stampOf(join(folder, name))));
    matching.forEach(({ name }, index) => {
      const stamp = stamps[index];
      if (stamp === undefined || isFolderStamp(stamp)) return;
      files.set(name, stamp);
      if (tell) this.note(join(folder, name), 'created');
    });
    const below = entries.filter((entry) => entry.isDirectory() && entry.name !== '.git');
    return below.map(({ name }) => join(folder, name)).filter((at) => this.globs.reaches(at));
  }

  private tooMuch(): ProblemError {
    const { patterns, mostFolders = 20_000 } = this.options;
    const named = patterns.slice(0, 3).join(', ') + (patterns.length > 3 ? ', …' : '');
    return problem('trigger.watchTooMuch', { patterns: named, most: mostFolders });
  }

  private failure(folder: string, detail: string, cause?: unknown): ProblemError {
    return problem('trigger.watchFailed', { path: path.join(this.options.root, folder), detail }, cause);
  }

  private watcherOf(folder: string): Disposable | undefined {
    const full = path.join(this.options.root, folder);
    try {
      return watchFolder(full, {
        onHint: (name) => this.hint(folder, name ?? ''),
        onEnd: () => this.hint(folder, ''),
      });
    } catch (thrown) {
      // It went while we looked; the hint of its parent takes care of it.
      if (folder !== '' && (isCode(thrown, 'ENOENT') || isCode(thrown, 'ENOTDIR'))) return undefined;
      throw this.failure(folder, thrown instanceof Error ? thrown.message : String(thrown), thrown);
    }
  }

  private hint(folder: string, name: string): void {
    if (this.disposed) return;
    const names = this.dirty.get(folder);
    if (names === undefined) this.dirty.set(folder, new Set([name]));
    else names.add(name);
    this.quiet.call();
  }

  private async flush(): Promise<void> {
    try {
      // Hints that come while it opens are about folders that are not known yet.
      await this.opening;
      const dirty = this.dirty;
      this.dirty = new Map();
      const fresh: string[] = [];
      const rules: string[] = [];
      for (const [folder, names] of dirty) {
        fresh.push(...(await this.lookAgain(folder, names)));
        if ((names.has('') || names.has('.gitignore')) && (await this.hasNewRules(folder)))
          rules.push(folder);
      }
      await this.take(await this.admitted(fresh), true);
      for (const folder of rules) await this.reopen(folder);
      await this.tell();
    } catch (thrown) {
      if (this.disposed) return;
      this.dispose();
      this.options.onBroken(thrown instanceof ProblemError ? thrown.problem : problemOf(thrown));
    }
  }

  /** Compares names of a folder with what was there; folders that are new. */
  private async lookAgain(folder: string, names: ReadonlySet<string>): Promise<string[]> {
    const known = this.folders.get(folder);
    if (known === undefined) return [];
    const all = names.has('');
    if (all && (await this.stampOf(folder)) !== known.identity) {
      this.drop(folder, true);
      return [folder];
    }
    const listed = all ? (await this.listed(folder)).map(({ name }) => name) : [];
    const inside = [...this.folders.keys()].filter((one) => all && parentOf(one) === folder && one !== '');
    const fresh: string[] = [];
    for (const name of new Set([...names, ...listed, ...(all ? known.files.keys() : [])])) {
      if (name === '' || name === '.git') continue;
      const at = join(folder, name);
      const below = this.folders.get(at);
      if (below === undefined && !this.globs.matches(at) && !this.globs.reaches(at)) continue;
      const stamp = await this.stampOf(at);
      const isOther = below !== undefined && below.identity !== stamp;
      if (isOther) this.drop(at, true);
      if (isFolderStamp(stamp)) {
        this.gone(known, name, at);
        if ((below === undefined || isOther) && this.globs.reaches(at)) fresh.push(at);
      } else if (stamp === undefined) this.gone(known, name, at);
      else if (this.globs.matches(at)) {
        const before = known.files.get(name);
        known.files.set(name, stamp);
        if (before === undefined) this.note(at, 'created');
        else if (before !== stamp) this.note(at, 'changed');
      }
    }
    for (const one of inside) if (!isFolderStamp(await this.stampOf(one))) this.drop(one, true);
    return fresh;
  }

  private rulesOf(folder: string): Promise<string | undefined> {
    return this.stampOf(join(folder, '.gitignore'));
  }

  private async hasNewRules(folder: string): Promise<boolean> {
    const known = this.folders.get(folder);
    return known !== undefined && known.rules !== (await this.rulesOf(folder));
  }

  private gone(folder: Folder, name: string, at: string): void {
    if (folder.files.delete(name)) this.note(at, 'deleted');
  }

  /** Watches a folder and all below it no more; their files are told as deleted if `tell`. */
  private drop(folder: string, tell: boolean): void {
    for (const [at, { watcher, files }] of [...this.folders]) {
      if (at !== folder && folder !== '' && !at.startsWith(`${folder}/`)) continue;
      watcher.dispose();
      this.folders.delete(at);
      if (tell) for (const name of files.keys()) this.note(join(at, name), 'deleted');
    }
  }

  /** What git ignores has changed there: the folders are found anew, and nothing is told of them. */
  private async reopen(folder: string): Promise<void> {
    if (!this.folders.has(folder)) return;
    this.drop(folder, false);
    await this.take([folder], false);
  }

  private note(at: string, change: FileChange): void {
    const before = this.changes.get(at);
    if (before === 'created' && change === 'deleted') this.changes.delete(at);
    else if (before === 'created') return;
    else this.changes.set(at, before === 'deleted' && change === 'created' ? 'changed' : change);
  }

  private async tell(): Promise<void> {
    const changes = this.changes;
    this.changes = new Map();
    if (changes.size === 0) return;
    const ignored = await this.options.ignored(this.ctx, [...changes.keys()]);
    const files = [...changes]
      .filter(([at]) => !ignored.has(at))
      .map(([at, change]) => ({ path: at, change }))
      .sort((a, b) => (a.path < b.path ? -1 : 1));
    if (files.length > 0 && !this.disposed) this.options.onBatch({ files });
  }

  /** Folders that git does not ignore. */
  private async admitted(folders: readonly string[]): Promise<string[]> {
    const named = folders.filter((folder) => folder !== '').map((folder) => `${folder}/`);
    if (named.length === 0) return [...folders];
    const ignored = await this.options.ignored(this.ctx, named);
    return folders.filter((folder) => !ignored.has(`${folder}/`));
  }

  private async listed(folder: string) {
    try {
      return await readdir(path.join(this.options.root, folder), { withFileTypes: true });
    } catch (thrown) {
      if (['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'].some((code) => isCode(thrown, code))) return [];
      throw thrown;
    }
  }

  /** What tells one state of a file from another; links are not followed. */
  private async stampOf(at: string): Promise<string | undefined> {
    try {
      const found = await lstat(path.join(this.options.root, at), { bigint: true });
      if (found.isDirectory()) return `folder ${found.dev} ${found.ino} ${found.birthtimeNs}`;
      return `${found.ino} ${found.size} ${found.mtimeNs}`;
    } catch (thrown) {
      if (['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'].some((code) => isCode(thrown, code))) return undefined;
      throw thrown;
    }
  }
}

const isFolderStamp = (stamp: string | undefined): boolean => stamp?.startsWith('folder ') === true;
const join = (folder: string, name: string): string => (folder === '' ? name : `${folder}/${name}`);
const parentOf = (at: string): string => at.slice(0, Math.max(at.lastIndexOf('/'), 0));
