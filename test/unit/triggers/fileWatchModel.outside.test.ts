import { strict as assert } from 'node:assert';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { systemClock } from '../../../server/base/node';
import { ignoredPaths, inspectUserRepository } from '../../../server/git';
import { watchFilesIn, type FileChange } from '../../../server/triggers';
import { makeRepository, removeFolders } from '../git/fixture';
import { ctx, until } from './support';

/** Every file that counts, with what tells its states apart. */
function look(top: string): Map<string, string> {
  const found = new Map<string, string>();
  const below = readdirSync(top, { recursive: true, withFileTypes: true });
  for (const entry of below.filter((one) => one.isFile())) {
    const full = path.join(entry.parentPath, entry.name);
    const at = path.relative(top, full);
    if (/^\.git\/|(^|\/)out\/|\.md$/.test(at)) continue;
    const { ino, size, mtimeNs } = statSync(full, { bigint: true });
    found.set(at, `${ino} ${size} ${mtimeNs}`);
  }
  return found;
}

function difference(before: Map<string, string>, after: Map<string, string>): string[] {
  const created = [...after.keys()].filter((at) => !before.has(at)).map((at) => `created ${at}`);
  const deleted = [...before.keys()].filter((at) => !after.has(at)).map((at) => `deleted ${at}`);
  const changed = [...after].filter(([at, stamp]) => before.has(at) && before.get(at) !== stamp);
  return [...created, ...deleted, ...changed.map(([at]) => `changed ${at}`)].sort();
}

/** One change after another as one. */
function joined(changes: readonly { path: string; change: FileChange }[]): string[] {
  const net = new Map<string, FileChange>();
  for (const { path: at, change } of changes) {
    const before = net.get(at);
    if (before === 'created' && change === 'deleted') net.delete(at);
    else if (before === 'deleted' && change === 'created') net.set(at, 'changed');
    else if (before !== 'created') net.set(at, change);
  }
  return [...net].map(([at, change]) => `${change} ${at}`).sort();
}

const folders = ['a', 'b', 'a/c', 'a/c/d', 'b/out', 'e'];
const action = fc.record({
  what: fc.constantFrom('write', 'write', 'write', 'delete', 'move', 'remove', 'replace'),
  folder: fc.constantFrom(...folders),
  other: fc.constantFrom(...folders),
  name: fc.constantFrom('x.ts', 'y.ts', 'z.md', '.w.ts'),
});

type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

let count = 0;

function act(top: string, { what, folder, other, name }: Action): void {
  const at = (...names: string[]) => path.join(top, ...names);
  const file = at(folder, name);
  if (what === 'write') {
    mkdirSync(at(folder), { recursive: true });
    writeFileSync(file, String(count++));
  } else if (what === 'delete' && existsSync(file)) unlinkSync(file);
  else if (what === 'remove') rmSync(at(folder), { recursive: true, force: true });
  else if (what === 'move' && existsSync(at(folder)) && !existsSync(at(other)) && !other.startsWith(folder)) {
    mkdirSync(path.dirname(at(other)), { recursive: true });
    renameSync(at(folder), at(other));
  } else if (what === 'replace' && existsSync(at(folder))) {
    writeFileSync(at(folder, '.tmp.md'), String(count++));
    renameSync(at(folder, '.tmp.md'), file);
  }
}

describe('watching files, whatever is done to them', function () {
  this.timeout(60_000);
  after(removeFolders);

  it('tells the difference, no more and no less', async () => {
    const top = makeRepository({ '.gitignore': 'out/\n' });
    const user = await inspectUserRepository(ctx, top);
    let told: { path: string; change: FileChange }[] = [];
    const watching = await watchFilesIn(ctx, {
      clock: systemClock,
      root: top,
      ignored: (context, paths) => ignoredPaths(context, { user, folder: top, environment: {} }, paths),
      patterns: ['**/*.ts'],
      onBatch: ({ files }) => void told.push(...files),
      onBroken: (why) => assert.fail(JSON.stringify(why)),
      quietMs: 15,
      mostMs: 100,
    });
    const property = fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 12 }), async (actions) => {
      const before = look(top);
      told = [];
      for (const one of actions) {
        act(top, one);
        // Some of it meets the watch at work.
        if (count % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 10));
      }
      const expected = difference(before, look(top));
      const isTold = () => JSON.stringify(joined(told)) === JSON.stringify(expected);
      await until(isTold, expected.join(', ') || 'nothing', 2000).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 60));
      assert.deepEqual(joined(told), expected);
    });
    await fc.assert(property, { numRuns: 30, endOnFailure: true });
    watching.dispose();
  });
});
