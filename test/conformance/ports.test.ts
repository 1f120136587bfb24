import { mkdirSync, realpathSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createArtifacts, type ArtifactStore } from '../../server/artifacts';
import { silentLog, timeOrderedIds, type Clock } from '../../server/base';
import { runProgram, systemClock, systemIds, systemRandom } from '../../server/base/node';
import { embeddedHints, embeddedQueue, nodeJournalFiles, openBlobs, openJournal } from '../../server/storage';
import { ManualClock, memoryJournal } from '../unit/engine/support';
import { blobsConformance } from './blobs';
import { filesConformance } from './files';
import { hintsConformance } from './hints';
import { journalConformance } from './journal';
import { journalLivesConformance } from './journalLives';
import { queueConformance } from './queue';
import { spawnConformance } from './spawn';
import { clockConformance, idsConformance, randomConformance } from './time';

const ctx = { signal: new AbortController().signal, log: silentLog };
let folder: string;
let count = 0;
const fresh = () => path.join(folder, String(count++));
const freshFolder = () => {
  const made = fresh();
  mkdirSync(made);
  return made;
};

before(async () => void (folder = realpathSync(await mkdtemp(path.join(tmpdir(), 'symphony-')))));
after(() => rm(folder, { recursive: true }));

/** Lets time pass by waiting. */
const inTime = { clock: systemClock as Clock, pass: (ms: number) => systemClock.sleep(ms) };
const byHand = () => {
  const clock = new ManualClock();
  return { clock, pass: (ms: number) => clock.advance(ms) };
};

describe('the journal in SQLite', () =>
  journalConformance(() => openJournal({ file: fresh(), clock: systemClock, log: silentLog })));

describe('the journal in SQLite, life after life', () =>
  journalLivesConformance(async () => {
    const file = fresh();
    return () => openJournal({ file, clock: systemClock, log: silentLog });
  }));

describe('the journal in memory, which engine tests use', () =>
  journalConformance(async () => memoryJournal(systemClock)));

describe('blobs in files', () => blobsConformance(() => openBlobs({ folder: fresh(), log: silentLog })));

describe('blobs in the artifact store', () => {
  const stores: ArtifactStore[] = [];
  after(() => Promise.all(stores.map((store) => store.stop(ctx))));
  blobsConformance(async () => {
    const store = createArtifacts({
      ...{
        folder: fresh(),
        file: fresh(),
        legacy: fresh(),
        clock: systemClock,
        ids: systemIds,
        log: silentLog,
      },
    });
    stores.push(store);
    await store.start(ctx);
    return store.blobs;
  });
});

describe('the queue of one process', () =>
  queueConformance(async () => {
    const { clock, pass } = byHand();
    return { queue: embeddedQueue(clock), pass };
  }));

describe('hints within a process', () =>
  hintsConformance(async () => ({
    hints: embeddedHints(silentLog),
    settled: () => new Promise((resolve) => setImmediate(resolve)),
  })));

describe('the clock of the computer', () => clockConformance(() => inTime));
describe('the clock that tests move', () => clockConformance(byHand));
describe('randomness of the computer', () => randomConformance(() => systemRandom));

describe('ids of the computer', () => idsConformance(() => ({ ids: systemIds, pass: inTime.pass })));
describe('ids by a clock that tests move', () =>
  idsConformance(() => {
    const { clock, pass } = byHand();
    return { ids: timeOrderedIds(clock, systemRandom), pass };
  }));

describe('files of the computer', () =>
  filesConformance(async () => ({ files: nodeJournalFiles, folder: freshFolder() })));

describe('programs of the computer', () => spawnConformance(runProgram, () => folder));
