import { strict as assert } from 'node:assert';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { changeset as changesetSchema } from '../../../schemas/wire/review';
import { systemIds } from '../../../server/base/node';
import { buildChangeset, decideWhole, openUserTree, Reviews } from '../../../server/review';
import { clock, ctx, filesOf, makeRepository, open, removeFolders, write } from '../git/fixture';
import { memoryBlobs } from './fixture';
import { memoryLog } from './memoryLog';

describe('a changeset', () => {
  after(removeFolders);

  it('carries the user’s tree to the integration, byte for byte', async () => {
    const long = Array.from({ length: 20 }, (_, i) => `line ${i}\r\n`).join('');
    const top = makeRepository({
      'a.txt': long,
      'b.bin': Buffer.from([0, 1]),
      'old/name.txt': `${long}x`,
      gone: 'g',
      'run.sh': '#!/bin/sh\n',
      thing: 'a file',
      'folder/f': 'f',
    });
    const { repository, worktree } = await open(top);
    const base = await repository.snapshot(ctx, 'refs/symphony/base', 'base');
    const folder = worktree('w');
    await repository.ensureWorktree(ctx, folder, base.commit);
    for (const name of ['old', 'gone', 'run.sh', 'thing', 'folder']) {
      rmSync(path.join(folder, name), { recursive: true });
    }
    write(folder, {
      'a.txt': long.replace('line 3', 'three'),
      'b.bin': Buffer.from([0, 2]),
      'new/name.txt': `${long}xy`,
      'run.sh': { executable: '#!/bin/sh\n' },
      'thing/inside': 'a folder now',
      folder: 'a file now',
      link: { link: 'a.txt' },
      'sp ace\n"é".txt': 'n\n',
    });
    const tree = await repository.writeTree(ctx, folder);
    const integration = await repository.commit(ctx, tree, [base.commit], 'work', 0);
    const blobs = memoryBlobs();
    const changeset = await buildChangeset(ctx, {
      repository,
      blobs,
      run: 'run-1',
      id: 'set-1',
      title: 'Title',
      base: base.commit,
      integration: integration.commit,
      groups: [{ plan: '01-01', title: 'Plan' }],
      plansOf: (name) => (name.startsWith('old') || name === 'a.txt' ? ['01-01'] : ['01-02']),
      clock,
    });
    assert.deepEqual(changesetSchema.parse(changeset), changeset);
    const brief = changeset.files.map(
      (f) => `${f.change} ${f.from ?? ''}>${f.path} +${f.added} -${f.removed} ${f.binary} ${f.plans.join()}`,
    );
    assert.deepEqual(brief, [
      'modified >a.txt +1 -1 false 01-01',
      'modified >b.bin +0 -0 true 01-02',
      'added >folder +1 -0 false 01-02',
      'deleted >folder/f +0 -1 false 01-02',
      'deleted >gone +0 -1 false 01-02',
      'added >link +1 -0 false 01-02',
      'renamed old/name.txt>new/name.txt +1 -1 false 01-02,01-01',
      'modified >run.sh +0 -0 false 01-02',
      'added >sp ace\n"é".txt +1 -0 false 01-02',
      'deleted >thing +0 -1 false 01-02',
      'added >thing/inside +1 -0 false 01-02',
    ]);
    const log = memoryLog();
    const blob = await blobs.put(Buffer.from(JSON.stringify(changeset)));
    log.offer({ changeset: changeset.changeset, run: 'r', blob, at: 0, former: null });
    const files = await openUserTree(top);
    const reviews = new Reviews({ tree: files, log, blobs, clock, ids: systemIds });
    const asked = { changeset: changeset.changeset, decision: 'accept' as const, dirty: [] };
    const results = await decideWhole(ctx, reviews, asked);
    assert.deepEqual(
      results.filter(({ result }) => result !== 'written'),
      [],
    );
    assert.deepEqual(filesOf(top), filesOf(folder));
  });
});
