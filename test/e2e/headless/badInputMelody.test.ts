/** Melodies, inputs and commands that are wrong, through the command line and the wire: one clear answer each. */
import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { readFileSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { codes, type ClientRequestName, type Code, type Problem } from '../../../schemas';
import { silentLog } from '../../../server/base';
import { systemClock } from '../../../server/base/node';
import { openJournal } from '../../../server/storage';
import {
  answersStill,
  assertClear,
  dataFolder,
  eventually,
  isAlive,
  makeReadOnly,
  modelAt,
  put,
  refusalOf,
  startModel,
  World,
  type ScriptedProvider,
} from './badInputWorld';
import { repositoryRoot, type WireClient } from './client';

const node = '{"id":"number","kind":"input","type":"number"}';
const result = '{"id":"result","kind":"output","type":"number"}';
const edge = '{"kind":"data","from":"number.value","to":"result.value"}';
const wrap = (nodes: string, edges = '', more = ''): string =>
  `{\n"version": 1, "id": "t", "name": "T",${more}\n"nodes": [\n${nodes}\n],\n"edges": [\n${edges}\n]\n}\n`;
const good = wrap(`${node},\n${result}`, edge);
const operator = (id: string): string => `{"id":"${id}","kind":"operator","operator":"base"}`;
const circle = ['a b', 'b c', 'c a'].map((pair) => {
  const [from, to] = pair.split(' ');
  return `{"kind":"control","from":"${from}","to":"${to}"}`;
});

interface BadFile {
  readonly name: string;
  /** Undefined: there is no such file. */
  readonly content: string | Buffer | undefined;
  readonly code: Code;
  /** What its sentence names besides the file: line and column, value, way. */
  readonly names: readonly string[];
  /** What running it is refused with, where that is another: several errors are counted. */
  readonly whenRun?: Code;
}

const files: readonly BadFile[] = [
  { name: 'missing', content: undefined, code: 'melody.unreadable', names: ['no such file'] },
  { name: 'empty', content: '', code: 'melody.empty', names: [] },
  {
    name: 'cut off',
    content: good.slice(0, -8),
    code: 'melody.syntax',
    names: ['line 8, column 43'],
    whenRun: 'melody.invalid',
  },
  {
    name: 'no JSON',
    content: 'version: 1',
    code: 'melody.syntax',
    names: ['line 1, column 1'],
    whenRun: 'melody.invalid',
  },
  { name: 'rubbish', content: Buffer.from([0xff, 0xfe, 0, 1, 2, 3]), code: 'melody.damaged', names: [] },
  {
    name: '100 MB',
    content: 'huge',
    code: 'melody.tooLarge',
    names: ['100000000', String(32 * 1024 * 1024)],
  },
  {
    name: '100,000 deep',
    content: '[\n'.repeat(100_000),
    code: 'melody.tooDeep',
    names: ['line 201', '200'],
  },
  {
    name: '100,000 deep and whole',
    content: '{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000),
    code: 'melody.tooDeep',
    names: ['column 1001'],
  },
  {
    name: 'an id twice',
    content: wrap(`${node},\n${node},\n${result}`, edge),
    code: 'melody.idTwice',
    names: ['line 5', '“number”'],
    whenRun: 'melody.invalid',
  },
  {
    name: 'a key twice',
    content: good.replace('"name"', '"id": "u", "name"'),
    code: 'melody.keyTwice',
    names: ['line 2', '“id”'],
  },
  {
    name: '__proto__',
    content: good.replace('"type"', '"__proto__": {"x": 1}, "type"'),
    code: 'melody.keyForbidden',
    names: ['line 4', '__proto__'],
  },
  {
    name: '__proto__, escaped',
    content: good.replace('"name"', '"\\u005f_proto__": 1, "name"'),
    code: 'melody.keyForbidden',
    names: ['line 2', '__proto__'],
  },
  {
    name: 'a circle',
    content: wrap(['a', 'b', 'c'].map(operator).join(',\n'), circle.join(',\n')),
    code: 'melody.cycle',
    names: ['line 9', 'a→b→c→a'],
  },
  { name: 'version 2', content: good.replace('1,', '2,'), code: 'melody.newer', names: ['version 2', '1'] },
  {
    name: 'version -1',
    content: good.replace('1,', '-1,'),
    code: 'melody.versionUnknown',
    names: ['line 2, column 12', '-1'],
  },
  {
    name: 'version "1"',
    content: good.replace('1,', '"1",'),
    code: 'melody.versionUnknown',
    names: ['line 2, column 12'],
  },
  {
    name: 'no version',
    content: good.replace('"version": 1,', ''),
    code: 'melody.versionUnknown',
    names: ['line 1'],
  },
  {
    name: 'a kind nobody knows',
    content: good.replace('"output"', '"outptu"'),
    code: 'melody.kindUnknown',
    names: ['line 5', 'outptu'],
  },
];
const fileOf = ({ name }: BadFile): string => `${name.replaceAll(/\W+/g, '-')}.melody.json`;

interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

describe('bad input: Melodies, inputs and commands', function () {
  this.timeout(120_000);
  let world: World;
  let model: ScriptedProvider;
  let root: string;
  let client: WireClient;
  /** A run that waits all the while, and goes on at the end. */
  let waiting: string;

  before(async () => {
    world = new World();
    model = await startModel({});
    root = world.repository({ 'good.melody.json': good });
    for (const file of files) if (file.content !== undefined) put(root, { [fileOf(file)]: file.content });
    truncateSync(path.join(root, '100-MB.melody.json'), 100_000_000);
    client = await world.open({ root, ...modelAt(model) });
    waiting = await begin();
    await client.until(waiting, ['waiting']);
  });
  after(async () => {
    await world.end();
    await model.close();
  });

  async function begin(): Promise<string> {
    const { run } = await client.ask('melodyRun', { path: 'good.melody.json', inputs: {}, approved: [] });
    return run;
  }

  /** Gives the run its number, by which it completes. */
  async function completes(by: WireClient, run: string): Promise<void> {
    await by.until(run, ['waiting']);
    await by.ask('runInput', { run, node: 'number', value: 7 });
    assert.equal(await by.until(run, ['completed', 'failed']), 'completed');
  }

  /** The real command line, as a process of its own. */
  function symphony(args: readonly string[], state = world.state): Promise<Said> {
    const cli = spawn(
      process.execPath,
      [path.join(repositoryRoot, 'dist/cli.cjs'), ...args, '--root', root, '--json'],
      { cwd: root, env: { ...process.env, SYMPHONY_HOME: state, SYMPHONY_IDLE_MS: '20000' } },
    );
    let [out, error] = ['', ''];
    cli.stdout.on('data', (text: Buffer) => (out += text.toString()));
    cli.stderr.on('data', (text: Buffer) => (error += text.toString()));
    cli.stdin.end();
    return new Promise((resolve) => cli.once('close', (code) => resolve({ code, out, error })));
  }

  /** The one problem a command line ends with. */
  function problemOf({ code, out, error }: Said): Problem {
    assert.equal(code, 1, `${out}\n${error}`);
    // Warnings may stand before it.
    const told = error
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { problem: Problem }).problem);
    assert.deepEqual(
      told.map(({ code: found }) => codes[found].severity),
      [...told.slice(1).map(() => 'warning'), 'error'],
      error,
    );
    return told.at(-1)!;
  }

  const run = async (...args: readonly string[]): Promise<Problem> =>
    problemOf(await symphony(['run', ...args, '--yes']));

  describe('files', () => {
    let checked: Map<string, { valid: boolean; findings: Problem[] }>;

    before(async () => {
      const there = files.filter(({ content, code }) => content !== undefined && code !== 'melody.tooLarge');
      const said = await symphony(['melody', 'check', 'good.melody.json', ...there.map(fileOf)]);
      assert.equal(said.code, 1, said.error);
      const document = JSON.parse(said.out) as {
        files: { file: string; valid: boolean; findings: Problem[] }[];
      };
      checked = new Map(document.files.map((one) => [one.file, one]));
      assert.deepEqual(checked.get('good.melody.json')?.findings, []);
    });

    for (const file of files)
      it(`${file.name}: ${file.code}`, async () => {
        const name = fileOf(file);
        const whole = checked.get(name);
        const found = whole
          ? whole.findings.find(({ code }) => code === file.code)!
          : problemOf(await symphony(['melody', 'check', name]));
        assert.ok(!whole?.valid);
        assertClear(found, file.code, [name, ...file.names]);

        const refused = await refusalOf(client.ask('melodyRun', { path: name, inputs: {}, approved: [] }));
        const shown = await refusalOf(client.ask('melodyPreview', { path: name, inputs: {} }));
        // Where several errors are counted, the first one stands for them with its place.
        const names = file.whenRun === undefined ? file.names : ['errors, the first at', '(melody.'];
        assertClear(refused, file.whenRun ?? file.code, [name, ...names]);
        assert.deepEqual(shown, refused);
        assert.deepEqual(await run(name), refused, 'the command line says the same');
      });
  });

  describe('inputs', () => {
    const cases: readonly [given: string, code: Code, names: readonly string[]][] = [
      ['number=seven', 'run.inputMisfit', ['number', 'text']],
      ['number=[7]', 'run.inputMisfit', ['number', 'list']],
      ['number=null', 'run.inputMisfit', ['number']],
      ['number=1e999', 'run.inputMisfit', ['number']],
      ['nobody=7', 'run.inputUnknown', ['nobody']],
      ['constructor=7', 'run.inputUnknown', ['constructor']],
    ];
    for (const [given, code, names] of cases)
      it(`${given}: ${code}`, async () =>
        assertClear(await run('good.melody.json', '--input', given), code, names));

    for (const given of ['7', '=7', '__proto__=7'])
      it(`${given}: how it is written`, async () => {
        const { code, error } = await symphony(['run', 'good.melody.json', '--input', given]);
        assert.equal(code, 2, error);
        assert.ok(error.includes(given) && error.includes('name=value'), error);
      });

    it('of the wrong type to a run that asks: it asks again and says why', async () => {
      const asking = await begin();
      for (const value of ['seven', { toString: 1 }, [], null]) {
        await client.until(asking, ['waiting']);
        await client.ask('runInput', { run: asking, node: 'number', value });
        await eventually(async () => {
          const { questions } = await client.ask('runDetail', { run: asking });
          return questions[0]?.question.problem.code === 'run.inputMisfit';
        }, 'it asks again');
        const { questions } = await client.ask('runDetail', { run: asking });
        assertClear(questions[0]!.question.problem, 'run.inputMisfit', ['number']);
      }
      await completes(client, asking);
    });
  });

  describe('commands', () => {
    const states: Record<string, string> = {};
    before(async () => {
      states['waiting'] = waiting;
      states['completed'] = await begin();
      await completes(client, states['completed']);
      states['cancelled'] = await begin();
      await client.until(states['cancelled'], ['waiting']);
      await client.ask('runCommand', { run: states['cancelled'], command: 'cancel' });
      await client.until(states['cancelled'], ['cancelled']);
      states['paused'] = await begin();
      await client.until(states['paused'], ['waiting']);
      await client.ask('runCommand', { run: states['paused'], command: 'pause' });
      states['nowhere'] = 'run-that-is-none';
    });
    after(async () => {
      await client.ask('runCommand', { run: states['paused']!, command: 'resume' });
      await completes(client, states['paused']!);
    });

    const command = (name: string) => ['runCommand', { command: name }] as const;
    const cases: readonly [
      state: string,
      what: readonly [ClientRequestName, object],
      code: Code,
      names: readonly string[],
      /** The same by the command line. */
      args?: (run: string) => readonly string[],
    ][] = [
      ['completed', command('pause'), 'run.wrongState', ['completed', 'pause'], (id) => ['pause', id]],
      ['completed', command('resume'), 'run.wrongState', ['completed', 'resume'], (id) => ['resume', id]],
      ['completed', command('cancel'), 'run.wrongState', ['completed', 'cancel'], (id) => ['cancel', id]],
      ['completed', command('retry'), 'run.nothingToRetry', [], (id) => ['retry', id]],
      [
        'completed',
        ['runSkip', { node: 'number' }],
        'run.wrongState',
        ['completed', 'skip'],
        (id) => ['skip', id, 'number'],
      ],
      [
        'completed',
        ['runEdit', { node: 'number', params: {} }],
        'run.nodeWrongState',
        ['number', 'completed'],
      ],
      [
        'completed',
        ['runInput', { node: 'number', value: 7 }],
        'run.questionUnknown',
        ['number'],
        (id) => ['input', id, 'number', '7'],
      ],
      ['completed', ['runAnswer', { question: 'none', answer: 'yes' }], 'run.questionUnknown', ['none']],
      ['cancelled', command('pause'), 'run.wrongState', ['cancelled']],
      ['cancelled', command('cancel'), 'run.wrongState', ['cancelled']],
      ['paused', command('pause'), 'run.wrongState', ['paused'], (id) => ['pause', id]],
      ['waiting', command('resume'), 'run.wrongState', ['waiting', 'paused'], (id) => ['resume', id]],
      ['waiting', ['runRetry', { nodes: ['number'] }], 'run.nodeWrongState', ['number', 'waiting']],
      [
        'waiting',
        ['runRetry', { nodes: ['nobody'] }],
        'run.nodeUnknown',
        ['nobody'],
        (id) => ['retry', id, '--node', 'nobody'],
      ],
      ['waiting', ['runSkip', { node: '__proto__' }], 'run.nodeUnknown', ['__proto__']],
      [
        'waiting',
        ['runFork', { nodes: ['nobody'] }],
        'run.nodeUnknown',
        ['nobody'],
        (id) => ['fork', id, 'nobody'],
      ],
      ['nowhere', command('pause'), 'run.unknown', ['run-that-is-none'], (id) => ['pause', id]],
      ['nowhere', ['runFork', { nodes: ['number'] }], 'run.unknown', ['run-that-is-none']],
      ['nowhere', command('explode'), 'request.invalid', ['run/command']],
    ];
    for (const [state, [name, params], code, names, args] of cases)
      it(`${name} ${JSON.stringify(params)} of one that is ${state}: ${code}`, async () => {
        const one = states[state]!;
        const found = await refusalOf(client.ask(name, { run: one, ...params } as never));
        assertClear(found, code, names);
        if (args) assert.deepEqual(problemOf(await symphony(['runs', ...args(one)])), found);
      });
  });

  describe('the store', () => {
    it('a data folder that is read-only: the command line says which and what to do', async function () {
      const home = world.folder('readonly');
      const undo = makeReadOnly(home);
      if (undo === undefined) return this.skip();
      try {
        const found = problemOf(
          await symphony(['run', 'good.melody.json', '--input', 'number=7', '--yes'], home),
        );
        assertClear(found, 'data.readOnly', [home]);
      } finally {
        undo();
      }
    });

    it('a second engine takes the store: the first one writes no more and says so, and nothing is lost', async () => {
      const file = path.join(dataFolder(world.state, client), 'journal.db');
      const other = await openJournal({ file, clock: systemClock, log: silentLog });
      const seq = other.read(waiting).length;
      assert.ok(seq > 0, 'the second one sees what the first has written');
      const start = { path: 'good.melody.json', inputs: {}, approved: [] };
      assertClear(await refusalOf(client.ask('melodyRun', start)), 'data.takenOver', [file]);
      const wish = client.ask('runCommand', { run: waiting, command: 'cancel' });
      assertClear(await refusalOf(wish), 'data.takenOver', [file]);
      await answersStill(client);
      assert.equal(other.read(waiting).length, seq, 'the first one wrote nothing');
      await other.close();

      // Done what it says: restarted, it goes on.
      await client.ask('sidecarStop', {});
      await eventually(() => !isAlive(client.pid), 'it has ended');
      world.forget(client);
      client = await world.open({ root, ...modelAt(model) });
    });

    it('the run that waited all the while goes on to its end', async () => {
      await answersStill(client);
      await completes(client, waiting);
      const said = await symphony(['run', 'good.melody.json', '--input', 'number=7', '--yes']);
      assert.equal(said.code, 0, said.error);
      for (const file of files)
        if (typeof file.content === 'string' && file.code !== 'melody.tooLarge')
          assert.equal(
            readFileSync(path.join(root, fileOf(file)), 'utf8'),
            file.content,
            'files stay as they are',
          );
    });
  });
});
