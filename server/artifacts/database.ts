import { existsSync } from 'node:fs';
import type { Log } from '../base';
import {
  createDatabaseFile,
  keepDamaged,
  openDatabaseFile,
  openSqlite,
  storageFailure,
  type Database,
  type DatabaseKind,
  type OpenDatabase,
} from '../storage';

/**
 * What is known of contents, artifacts and who holds what. `refs` is counted by the database itself in the
 * transaction that adds or drops a reference, so that no crash comes between them. Every index is a page more that
 * a put syncs: artifacts that wait for being searched are those with an id beyond `indexedUpTo`, which has none. Ids
 * are given again only after the newest artifact was dropped, which is why dropping it moves that mark.
 */
const kind: DatabaseKind = {
  schema: `
    CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
    CREATE TABLE blobs(
      id INTEGER PRIMARY KEY,
      hash TEXT NOT NULL UNIQUE,
      size INTEGER NOT NULL, stored INTEGER NOT NULL,
      packing TEXT NOT NULL CHECK(packing IN ('plain', 'zstd')),
      key TEXT, file TEXT,
      tier TEXT NOT NULL CHECK(tier IN ('hot', 'warm')),
      damaged TEXT,
      at REAL NOT NULL, usedAt REAL NOT NULL, uses INTEGER NOT NULL,
      refs INTEGER NOT NULL DEFAULT 0 CHECK(refs >= 0)
    ) STRICT;
    CREATE TABLE contents(id INTEGER PRIMARY KEY REFERENCES blobs(id) ON DELETE CASCADE, bytes BLOB NOT NULL) STRICT;
    CREATE TABLE artifacts(
      id INTEGER PRIMARY KEY,
      key TEXT NOT NULL UNIQUE,
      blob INTEGER NOT NULL REFERENCES blobs(id),
      run TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL,
      type TEXT NOT NULL, node TEXT,
      inputs TEXT NOT NULL, tags TEXT NOT NULL, facts TEXT NOT NULL,
      at REAL NOT NULL,
      quality REAL, reasons TEXT,
      indexed INTEGER NOT NULL DEFAULT 0,
      UNIQUE(run, name, version)
    ) STRICT;
    CREATE INDEX artifactsOfBlob ON artifacts(blob);
    CREATE TABLE holds(
      holder TEXT NOT NULL, blob INTEGER NOT NULL REFERENCES blobs(id), PRIMARY KEY(holder, blob)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX holdsOfBlob ON holds(blob);
    CREATE TABLE made(
      input TEXT NOT NULL, artifact INTEGER NOT NULL REFERENCES artifacts(id) ON DELETE CASCADE,
      PRIMARY KEY(input, artifact)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX madeArtifact ON made(artifact);
    CREATE TABLE tagged(
      tag TEXT NOT NULL, artifact INTEGER NOT NULL REFERENCES artifacts(id) ON DELETE CASCADE,
      PRIMARY KEY(tag, artifact)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX taggedArtifact ON tagged(artifact);
    CREATE TABLE removals(id INTEGER PRIMARY KEY, what TEXT NOT NULL, detail TEXT NOT NULL, size INTEGER NOT NULL,
      at REAL NOT NULL, why TEXT NOT NULL) STRICT;
    CREATE TABLE types(name TEXT PRIMARY KEY, definition TEXT NOT NULL) STRICT;
    CREATE VIRTUAL TABLE texts USING fts5(
      name, tags, body, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 2');
    CREATE TRIGGER artifactAdded AFTER INSERT ON artifacts
      BEGIN UPDATE blobs SET refs = refs + 1 WHERE id = NEW.blob; END;
    CREATE TRIGGER artifactDropped AFTER DELETE ON artifacts BEGIN
      UPDATE blobs SET refs = refs - 1 WHERE id = OLD.blob;
      DELETE FROM texts WHERE rowid = OLD.id;
      UPDATE meta SET value = min(value, (SELECT coalesce(max(id), 0) FROM artifacts))
        WHERE name = 'indexedUpTo' AND OLD.id > (SELECT coalesce(max(id), 0) FROM artifacts);
    END;
    CREATE TRIGGER holdAdded AFTER INSERT ON holds
      BEGIN UPDATE blobs SET refs = refs + 1 WHERE id = NEW.blob; END;
    CREATE TRIGGER holdDropped AFTER DELETE ON holds
      BEGIN UPDATE blobs SET refs = refs - 1 WHERE id = OLD.blob; END;
    INSERT INTO meta VALUES('format', 1), ('indexedUpTo', 0)`,
  tables: ['artifacts', 'blobs', 'contents', 'holds', 'made', 'meta', 'removals', 'tagged', 'texts', 'types'],
  format: 1,
  // Fewer, larger pages: a content of 64 KiB takes 8 of them instead of 16 (measured in ADR 18).
  fresh: ['PRAGMA page_size = 4096'],
  isSmall: false,
};

/** Opens the store's database, making it where there is none. Throws `data.*`. */
export async function openDatabase(
  file: string,
  log: Log,
  open: OpenDatabase = openSqlite,
): Promise<Database> {
  let backup: string | undefined;
  const keepCopy = (name: string): string => {
    if (backup === undefined) log.error('a damaged artifact database was copied', { file: name });
    return (backup ??= keepDamaged(name));
  };
  try {
    if (!existsSync(file)) await createDatabaseFile(file, kind, open, keepCopy);
    return openDatabaseFile(file, kind, open, keepCopy);
  } catch (thrown) {
    throw storageFailure(thrown, file, keepCopy);
  }
}
