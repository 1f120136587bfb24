import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ReviewUnit } from '../../../schemas';
import { runCli, type CliHost } from '../../../server/cli/index';
import { cutAt, found, keysAt, nextOpen, wishOf, type Stop } from '../../../server/cli/walk';
import type { SidecarService } from '../../../server/rpc';
import { fakeServer } from '../../sidecar/fake-server';
import { fakeService } from '../../sidecar/fake-service';
import { sources } from '../../sidecar/workbench';

const unit = (name: string, more: Partial<ReviewUnit> = {}): ReviewUnit => ({
  ...{ unit: name, kind: 'lines', state: 'undecided', edited: null, reviewed: false, flags: [], sources: [] },
  ...{ before: { start: 1, end: 2 }, after: { start: 1, end: 3 } },
  ...more,
});
const stop = (name: string, at: string, more: Partial<ReviewUnit> = {}): Stop => ({
  ...{ path: at, unit: unit(name, more), removed: ['two'], added: ['TWO', 'more'], above: [], below: [] },
  source: '',
});

describe('the way through a review', () => {
  const stops = [
    stop('a', 'x.ts'),
    stop('b', 'x.ts', { state: 'kept' }),
    stop('c', 'x.ts'),
    stop('d', 'y.ts', { kind: 'whole' }),
  ];

  it('says what a key means', () => {
    const check = (answer: string, at: number, expected: unknown) => {
      const wish = wishOf(answer, stops, at);
      assert.deepEqual(
        'stops' in wish ? [wish.decision, ...wish.stops.map((one) => one.unit.unit)] : { ...wish },
        expected,
      );
    };
    check('y', 0, ['keep', 'a']);
    check(' n ', 0, ['drop', 'a']);
    check('a', 0, ['keep', 'a', 'c']);
    check('d', 2, ['drop', 'c']);
    check('j', 0, { kind: 'go', to: 2 });
    check('J', 0, { kind: 'go', to: 1 });
    check('k', 0, { kind: 'none', why: 'noBefore' });
    check('j', 3, { kind: 'none', why: 'noNext' });
    check('s', 3, { kind: 'none', why: 'notLines' });
    check('/more', 0, { kind: 'search', text: 'more' });
    check('', 0, { kind: 'none', why: 'unknown' });
    assert.deepEqual(keysAt(stops, 3), ['y', 'n', 'u', 'a', 'd', '/', 'k', 'q', '?']);
  });

  it('finds its way on', () => {
    assert.equal(nextOpen(stops, 0), 2);
    assert.equal(nextOpen(stops, 3), 0);
    assert.equal(nextOpen([stops[1]!], 0), undefined);
    assert.equal(found(stops, 0, 'Y.TS'), 3);
    assert.equal(found(stops, 0, 'nowhere'), undefined);
    assert.deepEqual(cutAt(stops[0]!, 2), { before: 2, after: 1 });
    assert.deepEqual(cutAt(stops[0]!, 3), { before: 2, after: 2 });
    for (const wrong of [1, 4, NaN, 2.5]) assert.equal(cutAt(stops[0]!, wrong), undefined);
  });
});

const hash = { before: 'b'.repeat(64), after: 'c'.repeat(64) };

/** A sidecar with one changeset of three hunks that remembers what was decided. */
function reviewService(calls: unknown[]): Partial<SidecarService> {
  let units = [
    unit('u1', { sources: [0] }),
    unit('u2', { before: { start: 4, end: 4 }, after: { start: 5, end: 7 }, flags: ['secret'] }),
  ];
  const whole = [unit('u3', { kind: 'mode', before: { start: 0, end: 0 }, after: { start: 0, end: 0 } })];
  const ops: { op: string; was: ReviewUnit[][] }[] = [];
  const all = () => [units, whole];
  const source = {
    ...{ plan: '01-01', title: 'Say hello', task: 'Task 1', requirements: ['REQ-7'], run: 'r', node: 'n' },
    ...{ turn: 2, commit: null, verified: [{ command: 'npm test', exitCode: 0 }], tokens: 1, usd: null },
  };
  const file = { from: null, change: 'modified' as const, baseline: hash.before, proposal: hash.after };
  const more = { binary: false, added: 4, removed: 1, plans: [], decision: 'undecided' as const };
  const modes = { baselineMode: '100644', proposalMode: '100755' };
  const decide = (chosen: readonly { unit: string }[], state: ReviewUnit['state']) => {
    const op = `op${ops.length + 1}`;
    ops.push({ op, was: structuredClone(all()) });
    for (const one of all().flat())
      if (chosen.some((each) => each.unit === one.unit)) Object.assign(one, { state });
    return { op, files: [] };
  };
  return {
    changesets: async () => [
      {
        ...{ changeset: 'cs-1', run: 'r', title: 'T', createdAt: 0, groups: [] },
        files: ['a.ts', 'run.sh'].map((name) => ({ path: name, ...file, ...more, ...modes })),
      },
    ],
    content: async (_ctx, wanted) =>
      Buffer.from(
        wanted === hash.before
          ? 'one\ntwo\nthree\nfour\n'
          : 'one\nTWO \u001b[2J\nand\nthree\nfour\nfive\nsix and a line that is long\n',
      ),
    reviewUnits: async () => ({
      ...{ mode: 'before', sources: [source] },
      files: [
        { path: 'a.ts', units: structuredClone(units) },
        { path: 'run.sh', units: structuredClone(whole) },
      ],
    }),
    reviewDecideUnits: async (_ctx, params) => {
      calls.push([params.decision, ...params.units!.map((one) => one.unit)]);
      return decide(params.units!, params.decision === 'keep' ? 'kept' : 'dropped');
    },
    reviewUndo: async (_ctx, { op }) => {
      calls.push(['undo', op]);
      const { was } = ops.find((one) => one.op === op)!;
      units = was[0]!;
      whole.splice(0, whole.length, ...was[1]!);
      return { op: null, files: [] };
    },
    reviewSplit: async (_ctx, { unit: name, at }) => {
      calls.push(['split', name, ...at]);
      const one = units.find((each) => each.unit === name)!;
      const [cut] = at;
      units.splice(
        units.indexOf(one),
        1,
        { ...one, unit: 'u2a', before: { start: 4, end: cut!.before }, after: { start: 5, end: cut!.after } },
        { ...one, unit: 'u2b', before: { start: cut!.before, end: 4 }, after: { start: cut!.after, end: 7 } },
      );
      return { units: [] };
    },
    reviewEdit: async (_ctx, { unit: name, text }) => {
      calls.push(['edit', name, text]);
      return decide([{ unit: name }], 'kept');
    },
  };
}

describe('review in the terminal', () => {
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'symphony-walk-')));
  after(() => rmSync(root, { recursive: true, force: true }));

  async function talk(
    answers: readonly string[] | undefined,
    { args = ['review'], terminal = {} }: { args?: string[]; terminal?: Partial<CliHost['terminal']> } = {},
  ) {
    const calls: unknown[] = [];
    const fake = fakeService({ ...reviewService(calls), root });
    const server = await fakeServer(fake.service, { root, build: { version: '0.0.0', stamp: 0 } });
    let out = '';
    const given = [...(answers ?? [])];
    try {
      const code = await runCli(args, {
        terminal: {
          out: (text) => void (out += text),
          error: (text) => void (out += text),
          interactive: answers !== undefined,
          question: async (text) => {
            const answer = given.shift() ?? 'q';
            out += `${text}${answer}\n`;
            return answer;
          },
          ...terminal,
        },
        edit: async (text) => `${text.toUpperCase()}`,
        env: { HOME: root, SYMPHONY_HOME: server.state },
        cwd: root,
        build: { version: '0.0.0', stamp: 0 },
        node: sources,
        sidecar: '/nowhere',
        signal: new AbortController().signal,
        serve: async () => 0,
      });
      return { code, out, calls };
    } finally {
      await server.dispose();
    }
  }

  it('goes hunk by hunk, as it is written down', async () => {
    const script = ['?', 'y', 'u', 'n', 's', '9', 's', '2', 'y', 'e', '/run', 'x', 'a', 'q'];
    const { code, out, calls } = await talk(script);
    const golden = path.join(__dirname, 'walk.golden.txt');
    if (process.env['UPDATE_GOLDEN'] === '1') (await import('node:fs')).writeFileSync(golden, out);
    assert.equal(out, readFileSync(golden, 'utf8'));
    assert.equal(code, 0);
    assert.deepEqual(calls, [
      ['keep', 'u1'],
      ['undo', 'op1'],
      ['drop', 'u1'],
      ['split', 'u2', { before: 4, after: 6 }],
      ['keep', 'u2a'],
      ['edit', 'u2b', 'SIX AND A LINE THAT IS LONG\n'],
      ['keep', 'u3'],
    ]);
  });

  it('shows colours where there are some, and cuts lines where the terminal ends', async () => {
    const { out } = await talk(['j', 'q'], { terminal: { colours: true, columns: 20 } });
    assert.ok(out.includes('\u001b[31m-two\u001b[0m\n'));
    assert.ok(out.includes('\u001b[32m+TWO [2J\u001b[0m\n'), 'what files hold does not steer the terminal');
    assert.ok(out.includes('\u001b[32m+six and a line th…\u001b[0m\n'));
    const plain = await talk(['j', 'q']);
    assert.equal(plain.out.includes('\u001b'), false);
  });

  it('lists where nobody can be asked, as JSON when wanted', async () => {
    const { out, calls } = await talk(undefined);
    assert.match(out, /a\.ts: 2 hunks\n {2}u1 {2}undecided {2}lines {2}-2,1 \+2,2/);
    const { out: json } = await talk(['y'], { args: ['review', '--json'] });
    const shown = JSON.parse(json) as { changeset: string; files: { path: string }[] };
    assert.deepEqual([shown.changeset, shown.files.map((one) => one.path)], ['cs-1', ['a.ts', 'run.sh']]);
    assert.deepEqual(calls, []);
  });

  it('keeps and drops by name, by file, and everything', async () => {
    const named = await talk(undefined, { args: ['review', 'keep', 'cs-1', 'u2', 'run.sh'] });
    assert.deepEqual(named.calls, [['keep', 'u2', 'u3']]);
    const unknown = await talk(undefined, { args: ['review', 'drop', 'cs-1', 'u'] });
    assert.equal(unknown.code, 1);
    assert.deepEqual(unknown.calls, []);
  });
});
