import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fixtureGit, fixtureScript, makeFixtureRepository, type FixtureName } from '../../fixtures/make';

interface Call {
  readonly tool: string;
  readonly input: Record<string, unknown>;
}
interface Rule {
  readonly plan: string;
  readonly turns: readonly {
    readonly expect?: readonly { readonly tool: string; readonly contains?: string; readonly isError?: boolean }[];
    readonly calls: readonly Call[];
  }[];
}
interface Result {
  readonly tool: string;
  readonly text: string;
  readonly isError: boolean;
}

const rules = (name: FixtureName): readonly Rule[] =>
  (JSON.parse(readFileSync(fixtureScript(name), 'utf8')) as { rules: Rule[] }).rules;

describe('the sample and its scripted model', () => {
  it('fails its tests before the plans and passes them after', function () {
    this.timeout(60_000);
    inCopy('shop', (folder) => {
      for (const verify of ['node --test test/cart.test.js', 'node --test test/discounts.test.js', 'npm test'])
        assert.notEqual(shell(folder, verify).isError, false, `${verify} should fail at first`);
      for (const rule of rules('shop').filter(({ plan }) => plan !== 'ask')) play(folder, rule);
      assert.equal(shell(folder, 'npm test').isError, false);
      assert.deepEqual(fixtureGit(folder, 'status', '--porcelain').trimEnd().split('\n').sort(), [
        ' M bin/shop.js',
        ' M src/cart.js',
        ' M src/discounts.js',
        '?? .planning/phases/01-cart-that-adds-up/01-01-SUMMARY.md',
        '?? .planning/phases/01-cart-that-adds-up/01-02-SUMMARY.md',
        '?? .planning/phases/01-cart-that-adds-up/01-03-SUMMARY.md',
        '?? src/receipt.js',
      ]);
    });
  });

  it('has plans whose files of one wave are disjoint', () => {
    const written = (id: string) =>
      rules('shop')
        .find(({ plan }) => plan === id)!
        .turns.flatMap(({ calls }) => calls)
        .filter(({ tool }) => tool === 'replace' || tool === 'write_file')
        .map(({ input }) => String(input['path']));
    assert.ok(written('01-01').includes('src/cart.js') && written('01-02').includes('src/discounts.js'));
    assert.deepEqual(
      written('01-01').filter((file) => written('01-02').includes(file)),
      [],
    );
  });

  it('answers a question about a file outside the plans', () => {
    inCopy('shop', (folder) => play(folder, rules('shop').find(({ plan }) => plan === 'ask')!));
  });

  it('notices when what the tools answer is not what the script was written for', () => {
    inCopy('shop', (folder) => {
      writeFileSync(path.join(folder, 'src/money.js'), 'export const formatMoney = String;\n');
      assert.throws(() => play(folder, rules('shop').find(({ plan }) => plan === 'ask')!), /toFixed/);
    });
  });

  it('has a conflict in the second wave of the other fixture, whichever side comes first', () => {
    inCopy('conflict', (folder) => {
      const [first, left, right, last] = rules('conflict') as [Rule, Rule, Rule, Rule];
      play(folder, first);
      fixtureGit(folder, 'commit', '--quiet', '--all', '--message', 'first');
      for (const [branch, rule] of [
        ['left', left],
        ['right', right],
      ] as const) {
        fixtureGit(folder, 'switch', '--quiet', '--create', branch, 'main');
        play(folder, rule);
        fixtureGit(folder, 'commit', '--quiet', '--all', '--message', branch);
      }
      assert.throws(() => fixtureGit(folder, 'merge', '--quiet', 'left'));
      assert.match(fixtureGit(folder, 'status', '--porcelain'), /^UU src\/greeting\.mjs$/m);
      for (const side of ['--ours', '--theirs']) {
        fixtureGit(folder, 'checkout', '--quiet', side, 'src/greeting.mjs');
        play(folder, last);
      }
    });
  });
});

function inCopy(name: FixtureName, work: (folder: string) => void): void {
  const folder = makeFixtureRepository(name, { install: name === 'shop' });
  try {
    work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Plays a rule with the plainest possible tools and checks its expectations as the scripted model does. */
function play(folder: string, rule: Rule): void {
  let results: Result[] = [];
  for (const turn of rule.turns) {
    for (const expected of turn.expect ?? []) {
      const found = results.some(
        ({ tool, text, isError }) =>
          tool === expected.tool &&
          (expected.isError === undefined || expected.isError === isError) &&
          text.includes(expected.contains ?? ''),
      );
      assert.ok(found, `${rule.plan} expected ${JSON.stringify(expected)} in ${JSON.stringify(results)}`);
    }
    results = turn.calls.map((call) => ({ tool: call.tool, ...answer(folder, call) }));
  }
  assert.equal(rule.turns.at(-1)!.calls.at(-1)!.tool, 'finish');
}

function answer(folder: string, { tool, input }: Call): { text: string; isError: boolean } {
  const at = (file: unknown) => path.join(folder, String(file));
  switch (tool) {
    case 'read_files': {
      const files = input['files'] as { path: string; from?: number; to?: number }[];
      const part = (file: (typeof files)[number]) =>
        readFileSync(at(file.path), 'utf8').split('\n').slice((file.from ?? 1) - 1, file.to).join('\n');
      return { text: files.map(part).join('\n'), isError: false };
    }
    case 'search':
      return { text: fixtureGit(folder, 'grep', '-n', String(input['pattern'])), isError: false };
    case 'list':
      return { text: fixtureGit(folder, 'ls-files', String(input['path'])), isError: false };
    case 'replace': {
      let text = readFileSync(at(input['path']), 'utf8');
      for (const edit of input['edits'] as { find: string; replace: string }[]) {
        assert.equal(text.split(edit.find).length, 2, `exactly one “${edit.find}” in ${String(input['path'])}`);
        text = text.replace(edit.find, () => edit.replace);
      }
      writeFileSync(at(input['path']), text);
      return { text: 'ok', isError: false };
    }
    case 'write_file':
      mkdirSync(path.dirname(at(input['path'])), { recursive: true });
      assert.ok(!existsSync(at(input['path'])) || rewritten(folder, input), 'writes only new files');
      writeFileSync(at(input['path']), String(input['content']));
      return { text: 'ok', isError: false };
    case 'run_command':
      return shell(folder, String(input['command']));
    case 'finish':
      return { text: '', isError: false };
    default:
      throw new Error(`No tool is called ${tool}.`);
  }
}

const rewritten = (folder: string, input: Record<string, unknown>) =>
  readFileSync(path.join(folder, String(input['path'])), 'utf8') === input['content'];

function shell(folder: string, command: string): { text: string; isError: boolean } {
  // The variable would make an inner test run report to the outer one instead of printing.
  const env: NodeJS.ProcessEnv = { ...process.env, NODE_TEST_CONTEXT: undefined, NODE_OPTIONS: undefined };
  const done = spawnSync(command, { cwd: folder, shell: true, encoding: 'utf8', env });
  return { text: done.stdout + done.stderr, isError: done.status !== 0 };
}
