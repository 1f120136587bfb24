import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ProblemError, silentLog } from '../../../server/base';
import { openDecisions, openSqlite } from '../../../server/storage';

describe('the record of decisions', () => {
  const folders: string[] = [];
  const fresh = (): string => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'symphony-decisions-'));
    folders.push(folder);
    return path.join(folder, 'review.db');
  };
  after(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

  const offer = { changeset: 'c', run: 'r', blob: 'b', at: 5, former: null };

  it('holds after a restart what was appended, in order, and what waits', async () => {
    const file = fresh();
    const first = await openDecisions({ file, log: silentLog });
    first.offer(offer);
    first.offer({ ...offer, blob: 'other' });
    first.offer({ ...offer, changeset: 'd', at: 9, former: 'c' });
    first.append('c', 1.5, [{ a: 1 }, { b: 'ü' }], true);
    first.append('d', 2, [{ c: null }], false);
    first.keepUnits('c', 'cut');
    first.keepPosition(17);
    first.close();
    const again = await openDecisions({ file, log: silentLog });
    assert.deepEqual(
      again.offered().map(({ changeset, blob, former }) => [changeset, blob, former]),
      [
        ['d', 'b', 'c'],
        ['c', 'b', null],
      ],
    );
    assert.deepEqual(again.records('c'), [
      { at: 1.5, body: { a: 1 } },
      { at: 1.5, body: { b: 'ü' } },
    ]);
    assert.deepEqual(again.unfinished(), ['c']);
    again.append('c', 3, [{ d: 1 }], false);
    assert.deepEqual(again.unfinished(), []);
    assert.equal(again.position(), 17);
    assert.equal(again.units('c'), 'cut');
    assert.equal(again.units('d'), undefined);
    again.close();
  });

  it('refuses what is damaged, with a copy kept, and what is newer', async () => {
    const refuses = async (open: () => unknown, code: string): Promise<void> => {
      const thrown = await Promise.resolve()
        .then(open)
        .then(
          () => undefined,
          (one: unknown) => one,
        );
      assert.ok(thrown instanceof ProblemError, String(thrown));
      assert.equal(thrown.problem.code, code);
    };
    const file = fresh();
    const first = await openDecisions({ file, log: silentLog });
    first.append('c', 1, [{ a: 1 }], false);
    first.keepUnits('c', 'cut');
    first.close();
    const raw = openSqlite(file);
    raw.exec(`UPDATE records SET body = '{"a":2}'; UPDATE units SET body = 'cut!'`);
    raw.close();
    const changed = await openDecisions({ file, log: silentLog });
    await refuses(() => changed.records('c'), 'data.corrupt');
    assert.equal(changed.units('c'), undefined, 'it can be made again');
    changed.close();
    const newer = openSqlite(file);
    newer.exec(`UPDATE meta SET value = 99 WHERE name = 'format'`);
    newer.close();
    await refuses(() => openDecisions({ file, log: silentLog }), 'data.newer');
    const torn = fresh();
    writeFileSync(torn, 'no database');
    await refuses(() => openDecisions({ file: torn, log: silentLog }), 'data.corrupt');
    assert.equal(readFileSync(torn, 'utf8'), 'no database', 'it stays as it is');
    writeFileSync(torn, '');
    await refuses(() => openDecisions({ file: torn, log: silentLog }), 'data.corrupt');
  });
});
