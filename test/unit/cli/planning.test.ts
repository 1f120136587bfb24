import { strict as assert } from 'node:assert';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCli, type CliHost } from '../../../server/cli/index';
import { sources } from '../../sidecar/workbench';

const files = {
  'PROJECT.md': '# Sample\n',
  'ROADMAP.md':
    '# Roadmap\r\n\r\n### Phase 1: Greeting\r\n**Goal**: Say hello\r\n\r\nPlans:\r\n- [ ] 01-01: Say it\r\n',
  'STATE.md': '# Project State\n\n## Current Position\n\nStatus: planning\nLast activity: never\n',
  'REQUIREMENTS.md':
    '# Requirements\n\n- [ ] **GR-01**: It greets\n\n## Traceability\n\n| Requirement | Phase | Status |\n|---|---|---|\n| GR-01 | Phase 1 | Pending |\n',
  'phases/01-greeting/01-01-PLAN.md':
    '---\nphase: 01-greeting\nplan: 01\nwave: 1\ndepends_on: []\n---\n\n<objective>Say hello</objective>\n',
};

describe('command line for planning files', () => {
  let root: string;
  const at = (name: string) => path.join(root, 'project/.planning', name);
  const read = (name: string) => fs.readFileSync(at(name), 'utf8');

  beforeEach(() => {
    root = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), 'symphony-cli-')));
    for (const [name, text] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(at(name)), { recursive: true });
      fs.writeFileSync(at(name), text);
    }
  });
  afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

  /** Runs a command in the parent of the project, with no sidecar to be had. */
  async function run(args: string[], answers?: string[]) {
    let [out, error] = ['', ''];
    const host: CliHost = {
      terminal: {
        out: (text) => void (out += text),
        error: (text) => void (error += text),
        interactive: answers !== undefined,
        question: async (text) => {
          out += text;
          return answers?.shift() ?? '';
        },
      },
      env: { HOME: root, SYMPHONY_HOME: path.join(root, 'home') },
      cwd: root,
      build: { version: '0.0.0', stamp: 0 },
      node: sources,
      sidecar: '/nowhere',
      signal: new AbortController().signal,
      serve: async () => 0,
    };
    const code = await runCli(['planning', ...args], host);
    return { code, out, error };
  }

  /** Runs a command and says which lines of a file it changed, as `-old` and `+new`. */
  async function changed(name: string, args: string[], answers?: string[]) {
    const before = read(name).split('\n');
    const ran = await run(args, answers);
    const after = read(name).split('\n');
    const lines = before.flatMap((line, at) => (line === after[at] ? [] : [`-${line}`, `+${after[at]}`]));
    assert.equal(before.length, after.length);
    return { ...ran, lines };
  }

  it('shows a folder or its .planning', async () => {
    for (const folder of ['project', 'project/.planning', path.join(root, 'project')]) {
      const { code, out } = await run(['show', folder]);
      assert.equal(code, 0);
      assert.match(out, /1 {2}Greeting {2}— planned\n {4}01-01 {2}Say it/);
    }
    const view = JSON.parse((await run(['show', 'project', '--json'])).out) as { project: string };
    assert.equal(view.project, 'Sample');
    const none = await run(['show', 'nowhere']);
    assert.equal(none.code, 1);
    assert.match(none.error, /There is no \.planning folder/);
  });

  it('proves the roundtrip and gives shares', async () => {
    fs.writeFileSync(at('odd.bin'), Buffer.from([0xff, 0x00, 0xfe, 0x80]));
    const { code, out } = await run(['roundtrip', 'project', '--json']);
    assert.equal(code, 0);
    const [report] = JSON.parse(out) as {
      files: number;
      different: string[];
      kinds: Record<string, { bytes: number; understood: number }>;
    }[];
    assert.deepEqual([report!.files, report!.different], [6, []]);
    assert.deepEqual(report!.kinds['ROADMAP'], { bytes: read('ROADMAP.md').length, understood: 1, prose: 0 });
  });

  it('fails the roundtrip for a file it cannot read', async () => {
    fs.writeFileSync(at('big.md'), Buffer.alloc(9 * 1024 * 1024, 'a'));
    const { code, error, out } = await run(['roundtrip', 'project']);
    assert.equal(code, 1);
    assert.match(error, /big\.md could not be read: it is larger/);
    assert.match(out, /5 of 5 files/);
  });

  it('lints with places, and fails on errors alone', async () => {
    assert.deepEqual(await run(['lint', 'project']), {
      code: 0,
      out: '0 errors, 0 other findings.\n',
      error: '',
    });
    fs.writeFileSync(
      at('phases/01-greeting/01-02-PLAN.md'),
      '---\nphase: 01-greeting\nplan: 02\nwave: 2\ndepends_on: [07-09]\n---\n',
    );
    const { code, out } = await run(['lint', 'project']);
    assert.equal(code, 1);
    assert.match(out, /01-02-PLAN\.md:5: error: depends_on names 07-09/);
    const [found] = JSON.parse((await run(['lint', 'project', '--json'])).out) as {
      code: string;
      line: number;
    }[];
    assert.ok(found?.code.startsWith('planning.'));
  });

  it('sets a field of STATE and takes it back', async () => {
    const { code, lines } = await changed('STATE.md', ['set', 'project', 'state', 'Last activity', 'today']);
    assert.deepEqual([code, lines], [0, ['-Last activity: never', '+Last activity: today']]);
    const again = await run(['set', 'project', 'state', 'Last activity', 'today']);
    assert.match(again.out, /says so already/);
    const undone = await run(['undo', 'project']);
    assert.match(undone.out, /took back “set Last activity to “today””/);
    assert.equal(read('STATE.md'), files['STATE.md']);
    const over = await run(['undo', 'project']);
    assert.equal(over.code, 1);
    assert.match(over.error, /no edit in .* that could be taken back/);
  });

  it('marks a plan and a requirement by hand, and says so in the history', async () => {
    const refused = await changed('ROADMAP.md', ['set', 'project', 'plan', '01-01', 'done']);
    assert.deepEqual([refused.code, refused.lines], [1, []]);
    assert.match(refused.error, /--by-hand/);
    const no = await changed('ROADMAP.md', ['set', 'project', 'plan', '01-01', 'done'], ['n']);
    assert.deepEqual([no.code, no.lines], [1, []]);
    const yes = await changed('ROADMAP.md', ['set', 'project', 'plan', '01-01', 'done'], ['y']);
    assert.deepEqual(yes.lines, ['-- [ ] 01-01: Say it\r', '+- [x] 01-01: Say it\r']);
    const marked = await changed('REQUIREMENTS.md', [
      ...['set', 'project/.planning', 'requirement', 'GR-01', 'done', '--by-hand'],
    ]);
    assert.deepEqual(marked.lines, [
      ...['-- [ ] **GR-01**: It greets', '+- [x] **GR-01**: It greets'],
      ...['-| GR-01 | Phase 1 | Pending |', '+| GR-01 | Phase 1 | Complete |'],
    ]);
    const open = await changed('ROADMAP.md', ['set', 'project', 'plan', '01-01', 'open']);
    assert.equal(open.lines.length, 2);
    const history = JSON.parse((await run(['history', 'project', '--json'])).out) as {
      id: string;
      reason: string;
      byHand: boolean;
    }[];
    assert.deepEqual(
      history.map(({ reason, byHand }) => [reason, byHand]),
      [
        ['mark plan 01-01 open', false],
        ['mark requirement GR-01 done', true],
        ['mark plan 01-01 done', true],
      ],
    );
    await run(['undo', 'project', history[1]!.id]);
    assert.equal(read('REQUIREMENTS.md'), files['REQUIREMENTS.md']);
    assert.ok(!fs.existsSync(at('.lock')));
  });

  it('tells a wrong command line', async () => {
    assert.equal((await run(['set', 'project', 'phase', '1', 'done'])).code, 2);
    assert.equal((await run(['set', 'project', 'plan', '01-01', 'almost'])).code, 2);
    const unknown = await run(['set', 'project', 'state', 'Mood', 'good']);
    assert.equal(unknown.code, 1);
    assert.match(unknown.error, /has no field Mood/);
  });
});
