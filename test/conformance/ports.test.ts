import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { silentLog } from '../../server/base';
import { systemClock } from '../../server/base/node';
import { openBlobs, openJournal } from '../../server/storage';
import { memoryJournal } from '../unit/engine/support';
import { blobsConformance } from './blobs';
import { journalConformance } from './journal';

let folder: string;
let count = 0;
const fresh = () => path.join(folder, String(count++));

before(async () => void (folder = await mkdtemp(path.join(tmpdir(), 'symphony-'))));
after(() => rm(folder, { recursive: true }));

describe('the journal in SQLite', () =>
  journalConformance(() => openJournal({ file: fresh(), clock: systemClock, log: silentLog })));

describe('the journal in memory, which engine tests use', () =>
  journalConformance(async () => memoryJournal(systemClock)));

describe('blobs in files', () => blobsConformance(() => openBlobs({ folder: fresh(), log: silentLog })));
