import type { DatabaseShape } from './checkedDatabase';

/** What is armed, and every firing. */
export const firingsShape: DatabaseShape = {
  format: 1,
  tables: ['armed', 'firings'],
  sql: `
  CREATE TABLE armed(
    melody TEXT NOT NULL, trigger TEXT NOT NULL, hash TEXT NOT NULL, at REAL NOT NULL, mark REAL NOT NULL,
    state TEXT NOT NULL CHECK(state IN ('armed', 'changed', 'paused')),
    problem TEXT, token TEXT,
    PRIMARY KEY(melody, trigger)
  ) STRICT;
  CREATE TABLE firings(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    melody TEXT NOT NULL, trigger TEXT NOT NULL, kind TEXT NOT NULL, hash TEXT NOT NULL,
    due REAL NOT NULL, at REAL NOT NULL, missed INTEGER NOT NULL, depth INTEGER NOT NULL,
    state TEXT NOT NULL CHECK(state IN ('due', 'started', 'skipped', 'failed')),
    run TEXT, problem TEXT, cause TEXT NOT NULL, inputs TEXT
  ) STRICT;
  CREATE INDEX firingsOfTrigger ON firings(melody, trigger, id);
  CREATE INDEX firingsOpen ON firings(id) WHERE state = 'due';
  CREATE INDEX firingsOfRun ON firings(run) WHERE run IS NOT NULL;`,
};
