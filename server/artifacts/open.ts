import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Clock, Context, Ids, Log } from '../base';
import { privateFolder, type writeFileAtomic } from '../base/node';
import {
  damaged,
  nextTurn,
  openBlobs,
  storageFailure,
  type Database,
  type OpenDatabase,
  type Schedule,
} from '../storage';
import { Commits } from './commits';
import { Contents } from './contents';
import { openDatabase } from './database';
import { ContentFiles } from './files';
import { Indexer } from './indexer';
import type { StoreKeys } from './keys';
import { Packer } from './packing';
import { Register } from './register';
import { Retention } from './retention';
import { Search } from './search';
import { Totals } from './totals';
import { TypeRegistry } from './typeRegistry';

export interface ArtifactsOptions {
  /** Where large contents lie; made when missing. */
  readonly folder: string;
  /** Path of the database. */
  readonly file: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** The folder blobs were kept in before; what is found there is taken in. */
  readonly legacy?: string;
  /** Where keys come from; without it nothing is encrypted. */
  readonly keys?: StoreKeys;
  /** What all contents may take as stored, in bytes; default 1 TiB. */
  readonly quotaBytes?: number;
  /** The largest artifact, in bytes; default 1 GiB. */
  readonly mostBytes?: number;
  /** Another SQLite, another way to write files, another moment of commits: for tests. */
  readonly open?: OpenDatabase;
  readonly writeFile?: typeof writeFileAtomic;
  readonly schedule?: Schedule;
}

/** The parts of a store that is open. */
export interface Opened {
  readonly database: Database;
  readonly commits: Commits;
  readonly files: ContentFiles;
  readonly packer: Packer;
  readonly totals: Totals;
  readonly contents: Contents;
  readonly register: Register;
  readonly retention: Retention;
  readonly types: TypeRegistry;
  readonly indexer: Indexer;
  readonly search: Search;
  /** Files that crashes left are being removed. */
  readonly sweeping: Promise<void>;
}

/** Opens a store's database and joins its parts. Throws `data.*`, `artifact.keyFile`. */
export async function openAll(ctx: Context, options: ArtifactsOptions): Promise<Opened> {
  const { folder, file, clock, ids, log, legacy } = options;
  const { quotaBytes = 2 ** 40, mostBytes = 2 ** 30 } = options;
  const explain = (thrown: unknown): unknown => storageFailure(thrown, file, (kept) => kept);
  try {
    await privateFolder(folder);
  } catch (thrown) {
    throw storageFailure(thrown, folder, (kept) => kept);
  }
  const packer = new Packer();
  packer.use((await options.keys?.load()) ?? []);
  const files = new ContentFiles(folder, () => ids.next('f').slice(2), options.writeFile);
  // Taken for a beginning, the sweep would remove every file of a store whose database was lost.
  if (!existsSync(file) && !(await files.names().next()).done)
    throw damaged(file, `it is not there, and contents are in ${folder}`, () => folder);
  const database = await openDatabase(file, log, options.open);
  const totals = new Totals(database);
  const register = new Register(database, clock, ids, totals);
  const commits = new Commits(
    database,
    (thrown) => {
      totals.forget();
      register.forget();
      return explain(thrown);
    },
    options.schedule,
  );
  const contents = new Contents({
    ...{ database, commits, files, packer, totals, clock, log, mostBytes, quotaBytes },
    legacy: legacy === undefined ? undefined : await legacyBlobs(legacy, log),
  });
  const retention = new Retention(database, commits, contents, files, totals, clock);
  const types = new TypeRegistry(database);
  const search = new Search(database, register, contents, totals);
  const indexer = new Indexer(
    ...([database, contents, types, totals, clock, log] as const),
    options.schedule ?? nextTurn,
    () => register.forget(),
  );
  indexer.wake();
  const sweeping = files
    .sweep((name) => contents.isFileReferredTo(name))
    .then((swept) => void (swept > 0 && ctx.log.info('files of unfinished puts were removed', { swept })))
    .catch((thrown: unknown) => log.warn('unused files were not removed', { detail: String(thrown) }));
  return {
    ...{ database, commits, files, packer, totals, contents, register, retention },
    ...{ types, indexer, search, sweeping },
  };
}

/** Blobs as they were kept before, which go one by one as they are taken in. */
async function legacyBlobs(folder: string, log: Log) {
  const blobs = await openBlobs({ folder, log });
  return {
    ...blobs,
    forget: (hash: string) => rm(path.join(folder, hash.slice(0, 2), hash.slice(2)), { force: true }),
  };
}
