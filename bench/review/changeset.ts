import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { ChangedFile, Changeset } from '../../schemas/wire/review';
import { silentLog, type Context } from '../../server/base';
import { systemClock, systemIds } from '../../server/base/node';
import type { Engine } from '../../server/engine';
import { openDecisions, openBlobs } from '../../server/storage';
import type { RunWorld } from '../../server/runs';
import { ReviewDesk, type ReviewDeskPorts } from '../../server/runs/review/desk';

export const ctx: Context = { signal: new AbortController().signal, log: silentLog };

/** A project and a data home on the disk, with one changeset of `files` files and `hunks` hunks in each. */
export async function offerLarge(files: number, hunks: number) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'symphony-bench-review-'));
  const root = path.join(folder, 'project');
  mkdirSync(path.join(folder, 'blobs'));
  const blobs = await openBlobs({ folder: path.join(folder, 'blobs'), log: silentLog });
  const changed: ChangedFile[] = [];
  for (let i = 0; i < files; i++) {
    const name = `src/${i % 20}/file${i}.ts`;
    const before = Array.from({ length: hunks * 10 }, (_, line) => `const value${line} = ${i} + ${line};\n`);
    const after = before.map((line, at) => (at % 10 === 5 ? `${line.trimEnd()} // agent\n` : line));
    mkdirSync(path.join(root, path.dirname(name)), { recursive: true });
    writeFileSync(path.join(root, name), before.join(''));
    const [baseline, proposal] = [
      await blobs.put(Buffer.from(before.join(''))),
      await blobs.put(Buffer.from(after.join(''))),
    ];
    changed.push({
      ...{
        path: name,
        from: null,
        change: 'modified',
        baseline,
        proposal,
        baselineMode: '100644',
        proposalMode: '100644',
      },
      ...{ binary: false, added: hunks, removed: hunks, plans: ['01-01'], decision: 'undecided' },
    });
  }
  const changeset: Changeset = {
    ...{ changeset: 'changes-bench', run: 'bench', title: 'Bench', createdAt: 0 },
    groups: [{ plan: '01-01', title: 'Plan' }],
    files: changed,
  };
  const blob = await blobs.put(Buffer.from(JSON.stringify(changeset)));
  const file = path.join(folder, 'review.db');
  const first = await openDecisions({ file, log: silentLog });
  first.offer({ changeset: changeset.changeset, run: 'bench', blob, at: 0, former: null });
  first.close();

  /** A desk as in a sidecar that has just started. */
  const open = async () => {
    const log = await openDecisions({ file, log: silentLog });
    const engine = {
      state: () => undefined,
      record: () => Promise.resolve('completed'),
    } as unknown as Engine;
    const world = { blobs, clock: systemClock, ids: systemIds, folders: { root } } as unknown as RunWorld;
    const journal = { since: () => [], position: () => 0 };
    const none = { approvals: undefined, settings: undefined } as unknown as Pick<
      ReviewDeskPorts,
      'approvals' | 'settings'
    >;
    const desk = new ReviewDesk({ world, engine, journal, log, ctx, ...none });
    return { desk, close: () => (desk.dispose(), log.close()) };
  };
  return { changeset, root, open, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
