import { existsSync, lstatSync } from 'node:fs';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { problem, problemOf, type Clock, type Context, type Disposable } from '../base';
import { isCode } from '../base/node';
import { isAncestor, isMerge, readRefs, type UserRepository } from '../git';
import { watchFolder } from './folderWatch';
import { gitEvents, parseLog, type GitLook, type GitNews, type LogLine } from './gitEvents';
import { opened } from './opened';
import { Quiet } from './quiet';
import type { WatchGit } from './types';

export interface GitWatchOptions extends WatchGit {
  readonly clock: Clock;
  readonly user: UserRepository;
  /** Default 100 ms of quiet, 1 s at most. */
  readonly quietMs?: number;
  readonly mostMs?: number;
}

/** A log this much longer than at the last look was not written by a person's doing. */
const mostLogBytes = 1024 * 1024;

/**
 * Watches a repository from outside: its folders of refs give hints, and git is asked where its refs are.
 * Nothing is installed and nothing written. In a linked worktree, HEAD is that worktree's.
 */
export function watchRepository(ctx: Context, options: GitWatchOptions): Promise<Disposable> {
  return opened(new GitWatch(ctx, options));
}

class GitWatch implements Disposable {
  private readonly watchers = new Map<string, { identity: string; watcher: Disposable }>();
  private readonly quiet: Quiet;
  private seen: GitLook = { branch: null, refs: new Map() };
  private headLog: number | undefined;
  private disposed = false;

  constructor(
    private readonly ctx: Context,
    private readonly options: GitWatchOptions,
  ) {
    const { clock, quietMs = 100, mostMs = 1000 } = options;
    this.quiet = new Quiet({ clock, quietMs, mostMs, work: () => this.look() });
  }

  async open(): Promise<void> {
    await this.watchFolders();
    this.headLog = await sizeOf(this.headLogFile);
    this.seen = await readRefs(this.ctx, this.options.user);
  }

  dispose(): void {
    this.disposed = true;
    this.quiet.dispose();
    for (const { watcher } of this.watchers.values()) watcher.dispose();
    this.watchers.clear();
  }

  private get headLogFile(): string {
    return path.join(this.options.user.gitDir, 'logs', 'HEAD');
  }

  /** Watches the folders whose entries change when a ref does, and those that came since. */
  private async watchFolders(): Promise<void> {
    const { gitDir, commonDir } = this.options.user;
    for (const [folder, { watcher }] of [...this.watchers]) {
      if (existsSync(folder)) continue;
      watcher.dispose();
      this.watchers.delete(folder);
    }
    const named = new Set(['HEAD', 'packed-refs', 'refs', 'logs', 'reftable']);
    // Others, such as the index, change all the time.
    const isRef = (name: string | undefined) => name === undefined || named.has(name);
    this.watch(gitDir, isRef);
    this.watch(commonDir, isRef);
    this.watch(path.join(gitDir, 'logs'), (name) => name === undefined || name === 'HEAD');
    for (const folder of ['refs', 'reftable']) {
      const full = path.join(commonDir, folder);
      if (!existsSync(full)) continue;
      const below = await readdir(full, { recursive: true, withFileTypes: true }).catch(() => []);
      const folders = below.filter((entry) => entry.isDirectory());
      const isNoLock = (name: string | undefined) => !name?.endsWith('.lock');
      for (const one of [full, ...folders.map(({ parentPath, name }) => path.join(parentPath, name))])
        this.watch(one, isNoLock);
    }
  }

  /** Watches a folder, anew if another has taken its name since: a watch ends with its folder, silently. */
  private watch(folder: string, matters: (name: string | undefined) => boolean): void {
    const found = lstatSync(folder, { bigint: true, throwIfNoEntry: false });
    const identity = found && `${found.dev} ${found.ino} ${found.birthtimeNs}`;
    const known = this.watchers.get(folder);
    if (this.disposed || (known !== undefined && known.identity === identity)) return;
    known?.watcher.dispose();
    this.watchers.delete(folder);
    if (identity === undefined) return;
    try {
      const watcher = watchFolder(folder, {
        onHint: (name) => {
          if (matters(name)) this.quiet.call();
        },
        onEnd: () => this.quiet.call(),
      });
      this.watchers.set(folder, { identity, watcher });
    } catch (thrown) {
      if (isCode(thrown, 'ENOENT') || isCode(thrown, 'ENOTDIR')) return;
      throw problem('trigger.watchFailed', { path: folder, detail: String(thrown) }, thrown);
    }
  }

  private async look(): Promise<void> {
    try {
      // Folders first: what moves in one that is not watched yet is seen in the refs read after it.
      await this.watchFolders();
      const lines = await this.newLines();
      const before = this.seen;
      const after = await readRefs(this.ctx, this.options.user);
      const events = gitEvents(before, after, await this.news(before, after, lines));
      this.seen = after;
      if (events.length > 0 && !this.disposed) this.options.onEvents(events);
    } catch (thrown) {
      if (this.disposed) return;
      this.dispose();
      this.options.onBroken(problemOf(thrown));
    }
  }

  /** What was appended to HEAD's log since the last look; undefined when there is no log. */
  private async newLines(): Promise<LogLine[] | undefined> {
    const size = await sizeOf(this.headLogFile);
    // Without a log before and now. The first line of a new one is news.
    if (size === undefined) {
      this.headLog = undefined;
      return undefined;
    }
    const from = this.headLog ?? 0;
    // Shorter than before: lines were expired, and what is new cannot be told from what is old.
    if (size < from || size - from > mostLogBytes) {
      this.headLog = size;
      return [];
    }
    const text = await readPart(this.headLogFile, from, size - from);
    const whole = text.lastIndexOf('\n') + 1;
    this.headLog = from + Buffer.byteLength(text.slice(0, whole));
    return parseLog(text.slice(0, whole));
  }

  private async news(before: GitLook, after: GitLook, head: LogLine[] | undefined): Promise<GitNews> {
    const remote = new Map<string, string | undefined>();
    for (const [ref, commit] of after.refs)
      if (ref.startsWith('refs/remotes/') && before.refs.get(ref) !== commit)
        remote.set(ref, await this.lastWords(ref));
    const { user } = this.options;
    const ref = `refs/heads/${after.branch}`;
    const [was, is] = [before.refs.get(ref), after.refs.get(ref)];
    const asks = head === undefined && is !== undefined && is !== was;
    return {
      head,
      remote,
      isMerge: asks && (await isMerge(this.ctx, user, is)),
      wentBack: asks && was !== undefined && (await isAncestor(this.ctx, user, is, was)),
    };
  }

  private async lastWords(ref: string): Promise<string | undefined> {
    const file = path.join(this.options.user.commonDir, 'logs', ...ref.split('/'));
    const text = await readFile(file, 'utf8').catch(() => undefined);
    return text === undefined ? undefined : (parseLog(text).at(-1)?.words ?? '');
  }
}

async function sizeOf(file: string): Promise<number | undefined> {
  return stat(file).then(
    ({ size }) => size,
    () => undefined,
  );
}

async function readPart(file: string, from: number, length: number): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await handle.read(buffer, 0, length, from);
    return buffer.subarray(0, bytesRead).toString('utf8');
  } finally {
    await handle.close();
  }
}
