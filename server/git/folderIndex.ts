import { lstat, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { isCode } from '../base/node';
import type { Context } from '../base';
import { isGitFailure, records, type Git } from './command';

/**
 * Names are kept as latin1 text in this file: one character per byte, so that names that are not
 * UTF-8 pass through unchanged.
 */
interface Listing {
  /** Files git follows, with mode and object as the list says (the disk may say otherwise). */
  readonly tracked: ReadonlyMap<string, string>;
  /** Submodules: their entry is kept, whatever lies in the folder. */
  readonly submodules: ReadonlyMap<string, string>;
  /** New files that are not ignored. */
  readonly others: readonly string[];
  /** New folders that are repositories of their own; git does not look inside. */
  readonly nested: readonly string[];
  /** Lines for the index of files that a sparse checkout leaves off the disk. */
  readonly sparse: readonly string[];
}

/** What a look at a folder found beside its files. Names as latin1. */
export interface Besides {
  readonly nested: readonly string[];
  readonly submodules: readonly string[];
  readonly sparse: readonly string[];
}

/** Whose word decides which files belong: a repository, its index, and what it ignores besides. */
export interface Authority {
  readonly git: Git;
  readonly index?: string;
  readonly settings?: readonly string[];
}

export interface FolderToIndex {
  readonly folder: string;
  readonly authority: Authority;
  /** A folder that belongs even where it is ignored, relative with slashes: `.planning`. */
  readonly forced: string;
  /** False where the file system has no modes or links: then the authority's modes are taken over first. */
  readonly modesOnDisk: boolean;
}

/**
 * A cached index of one folder: which files it held when last looked at, with sizes and times, so that
 * only files that changed since are read again. Losing it costs time alone.
 */
export class FolderIndex {
  private counter = 0;
  private readonly noObject: string;
  /** Entries the cached index surely has; undefined when they must be asked for. */
  private known: Map<string, string> | undefined;

  constructor(
    private readonly git: Git,
    private readonly file: string,
    objectFormat: 'sha1' | 'sha256',
  ) {
    this.noObject = '0'.repeat(objectFormat === 'sha1' ? 40 : 64);
  }

  /** Makes the index say what the folder holds, then does `work` with it; returns what `work` returns. */
  async update<T>(
    ctx: Context,
    what: FolderToIndex,
    work: (index: string, nested: readonly string[], besides: Besides) => Promise<T>,
  ): Promise<T> {
    return this.lend(async (index) => {
      const [listing, forced] = await Promise.all([list(ctx, what), filesBelow(what.folder, what.forced)]);
      this.known = await this.bring(ctx, index, what, listing, forced);
      const { nested, sparse } = listing;
      return work(index, nested, { nested, sparse, submodules: [...listing.submodules.keys()] });
    });
  }

  /**
   * Lends the index for work that changes it in other ways. Not done again when it fails: from an empty
   * index it would not know which files to remove.
   */
  async change<T>(work: (index: string) => Promise<T>): Promise<T> {
    return this.lend((index) => {
      this.known = undefined;
      return work(index);
    }, false);
  }

  async forget(): Promise<void> {
    this.known = undefined;
    await rm(this.file, { force: true });
  }

  /**
   * The index is renamed away while git works on it: no lock left behind by a killed process can be in
   * the way, and its time stamp, which git compares with those of the files, stays. A damaged one is
   * dropped and the work done once more from nothing.
   */
  private async lend<T>(work: (index: string) => Promise<T>, again = true): Promise<T> {
    const index = `${this.file}.${process.pid}-${++this.counter}`;
    const cached = await renameIfThere(this.file, index);
    if (!cached) this.known = new Map();
    const attempt = async (): Promise<T> => {
      try {
        const result = await work(index);
        await renameIfThere(index, this.file);
        return result;
      } catch (thrown) {
        this.known = undefined;
        await rm(index, { force: true });
        await rm(`${index}.lock`, { force: true });
        throw thrown;
      }
    };
    try {
      return await attempt();
    } catch (thrown) {
      if (!again || !cached || !isGitFailure(thrown)) throw thrown;
      this.known = new Map();
      return attempt();
    }
  }

  /** Brings the index to the folder: stale entries out, submodules in, files by what the disk says. */
  private async bring(
    ctx: Context,
    index: string,
    what: FolderToIndex,
    listing: Listing,
    forced: readonly string[],
  ): Promise<Map<string, string>> {
    const before = this.known ?? (await entries(ctx, this.git, index));
    const files = [...new Set([...listing.tracked.keys(), ...listing.others, ...forced])];
    const wanted = new Set([...files, ...listing.submodules.keys()]);
    const lines: string[] = [];
    const isStale = (file: string, entry: string) =>
      !wanted.has(file) || (entry.startsWith('160000') && !listing.submodules.has(file));
    for (const [file, entry] of before) if (isStale(file, entry)) lines.push(this.removal(file));
    for (const [file, entry] of listing.submodules) {
      if (before.get(file) !== entry) lines.push(`${entry} 0\t${file}`);
    }
    if (!what.modesOnDisk) {
      for (const [file, entry] of listing.tracked)
        if (!before.has(file) && wanted.has(file)) lines.push(`${entry} 0\t${file}`);
    }
    await this.info(ctx, index, what, lines);
    await this.files(ctx, index, what, files).catch(async (thrown: unknown) => {
      if (!isGitFailure(thrown)) throw thrown;
      // Some name lies behind a link or has become a folder: look at each, and drop those.
      const there = await areFiles(what.folder, files);
      await this.info(
        ctx,
        index,
        what,
        files.filter((_, i) => !there[i]).map((file) => this.removal(file)),
      );
      await this.files(
        ctx,
        index,
        what,
        files.filter((_, i) => there[i]),
      );
    });
    // A tracked file that has become a repository of its own is no submodule: it is gone.
    const strays = (await this.submodules(ctx, index)).filter((file) => !listing.submodules.has(file));
    await this.info(
      ctx,
      index,
      what,
      strays.map((file) => this.removal(file)),
    );
    return new Map([...files.map((file) => [file, ''] as const), ...listing.submodules]);
  }

  /** Names of the index's submodules; the other entries are not even turned into text. */
  private async submodules(ctx: Context, index: string): Promise<string[]> {
    const { stdout } = await this.git.run(ctx, ['ls-files', '-s', '-z'], { index });
    const found: string[] = [];
    const mark = Buffer.from('160000 ');
    for (let at = stdout.indexOf(mark); at >= 0; at = stdout.indexOf(mark, at + 1)) {
      if (at > 0 && stdout[at - 1] !== 0) continue;
      found.push(parseEntry(stdout.toString('latin1', at, stdout.indexOf(0, at)))[1]);
    }
    return found;
  }

  /** Mode 0 takes an entry out. */
  private removal(file: string): string {
    return `0 ${this.noObject}\t${file}`;
  }

  /**
   * The work tree is given although no file is read: git looks at those whose times are too close to the index's before
   * it writes the index anew. Without that, one replaced in the same second by another of equal size would pass for clean.
   */
  private async info(
    ctx: Context,
    index: string,
    { folder }: FolderToIndex,
    lines: readonly string[],
  ): Promise<void> {
    if (lines.length === 0) return;
    const input = joined(lines);
    await this.git.run(ctx, ['update-index', '-z', '--index-info'], { index, workTree: folder, input });
  }

  private async files(
    ctx: Context,
    index: string,
    what: FolderToIndex,
    files: readonly string[],
  ): Promise<void> {
    if (files.length === 0) return;
    await this.git.run(ctx, ['update-index', '--add', '--remove', '--replace', '-z', '--stdin'], {
      index,
      workTree: what.folder,
      input: joined(files),
      settings: what.modesOnDisk ? [] : ['core.fileMode=false'],
    });
  }
}

/** The tracked and the new files of a folder, in one call that reads and runs nothing. */
async function list(ctx: Context, { folder, authority }: FolderToIndex): Promise<Listing> {
  const { stdout } = await authority.git.run(
    ctx,
    ['ls-files', '-t', '-s', '-c', '-o', '--exclude-standard', '-z'],
    {
      workTree: folder,
      ...(authority.index === undefined ? {} : { index: authority.index }),
      ...(authority.settings === undefined ? {} : { settings: authority.settings }),
    },
  );
  const tracked = new Map<string, string>();
  const submodules = new Map<string, string>();
  const others: string[] = [];
  const nested: string[] = [];
  const sparse: string[] = [];
  for (const record of records(stdout, 'latin1')) {
    const text = record.slice(2);
    if (record.startsWith('? ')) {
      if (text.endsWith('/')) nested.push(text.slice(0, -1));
      else others.push(text);
      continue;
    }
    const [entry, file] = parseEntry(text);
    // Git itself clears the mark of one that is on disk all the same.
    if (record.startsWith('S ')) sparse.push(`${entry} 0\t${file}`);
    // The sides of an unfinished merge share one name; the disk decides what it holds.
    (entry.startsWith('160000') ? submodules : tracked).set(file, entry);
  }
  return { tracked, submodules, others, nested, sparse };
}

async function entries(ctx: Context, git: Git, index: string): Promise<Map<string, string>> {
  const { stdout } = await git.run(ctx, ['ls-files', '-s', '-z'], { index });
  return new Map(
    records(stdout, 'latin1').map((record) => {
      const [entry, file] = parseEntry(record);
      return [file, entry];
    }),
  );
}

/** `mode object stage<tab>name` as `[mode object, name]`. */
function parseEntry(text: string): [string, string] {
  const tab = text.indexOf('\t');
  return [text.slice(0, tab - 2), text.slice(tab + 1)];
}

/** All files and links below a folder, following no link and entering no git folder. */
async function filesBelow(top: string, folder: string): Promise<string[]> {
  const entry = await lstat(path.join(top, folder)).catch(() => undefined);
  if (entry?.isSymbolicLink() || entry?.isFile()) return [latin1(folder)];
  if (!entry?.isDirectory()) return [];
  const found: string[] = [];
  const pending = [latin1(folder)];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    for (const item of await readdir(raw(top, at), { withFileTypes: true, encoding: 'buffer' })) {
      const name = item.name.toString('latin1');
      if (name.toLowerCase() === '.git') continue;
      if (item.isDirectory()) pending.push(`${at}/${name}`);
      else if (item.isFile() || item.isSymbolicLink()) found.push(`${at}/${name}`);
    }
  }
  return found;
}

/** For each name whether it is a file or link whose parents are all real folders. */
async function areFiles(top: string, files: readonly string[]): Promise<boolean[]> {
  const folders = new Map<string, Promise<boolean>>();
  const isFolder = (folder: string): Promise<boolean> => {
    let known = folders.get(folder);
    if (known === undefined) {
      const parent = path.posix.dirname(folder);
      known = Promise.resolve(folder === '.' || isFolder(parent)).then(
        async (above) =>
          above && (folder === '.' || ((await lstatIfThere(raw(top, folder)))?.isDirectory() ?? false)),
      );
      folders.set(folder, known);
    }
    return known;
  };
  const answers: boolean[] = [];
  for (const file of files) {
    const entry = (await isFolder(path.posix.dirname(file))) ? await lstatIfThere(raw(top, file)) : undefined;
    answers.push(entry !== undefined && (entry.isFile() || entry.isSymbolicLink()));
  }
  return answers;
}

const lstatIfThere = (file: Buffer) => lstat(file).catch(() => undefined);
const latin1 = (text: string): string => Buffer.from(text).toString('latin1');
const raw = (top: string, file: string): Buffer =>
  Buffer.concat([Buffer.from(`${top}/`), Buffer.from(file, 'latin1')]);
const joined = (items: readonly string[]): Buffer => Buffer.from(`${items.join('\0')}\0`, 'latin1');

async function renameIfThere(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (thrown) {
    if (isCode(thrown, 'ENOENT')) return false;
    throw thrown;
  }
}
