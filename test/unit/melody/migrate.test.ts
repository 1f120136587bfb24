import { strict as assert } from 'node:assert';
import { ProblemError } from '../../../server/base';
import {
  defineMigrations,
  editText,
  formatText,
  readMelody,
  updateText,
  type Migration,
} from '../../../server/melody';
import type { Melody } from '../../../schemas/melody';
import type { Workflow } from '../../../schemas';

const step = (from: number, to: number): Migration => ({ from, to, migrate: (value) => [value, to] });

const thin: Workflow = {
  version: 0,
  title: 'Phase 02.1: Greeting',
  limits: { agent: 2 },
  nodes: [
    {
      id: 'agent:02.1-01',
      kind: 'agent',
      title: 'Say hello',
      after: [],
      resource: 'agent',
      params: { plan: '02.1-01' },
      retries: 2,
    },
    {
      id: 'merge 1',
      kind: 'merge',
      title: '',
      after: ['agent:02.1-01'],
      resource: '',
      params: null,
      retries: 0,
    },
    {
      id: 'merge_1',
      kind: 'merge',
      title: '',
      after: ['merge 1', 'agent:02.1-01'],
      resource: '',
      params: null,
      retries: 0,
    },
  ],
};

describe('migrations', () => {
  const check = (what: string, current: number, steps: readonly Migration[], expected: RegExp | undefined) =>
    it(`${what} ${expected === undefined ? 'are a chain' : 'are refused when they are defined'}`, () => {
      if (expected === undefined) assert.ok(defineMigrations(current, steps));
      else assert.throws(() => defineMigrations(current, steps), expected);
    });
  check('none', 1, [], undefined);
  check('steps in any order', 3, [step(2, 3), step(0, 1), step(1, 2)], undefined);
  check('steps with a gap', 3, [step(0, 1), step(2, 3)], /after 1 comes 2/);
  check('two of one version', 2, [step(0, 1), step(0, 1), step(1, 2)], /after 1 comes 0/);
  check('a leap', 2, [step(0, 2)], /must lead to 1/);
  check('an end that is not the current version', 3, [step(0, 1), step(1, 2)], /end at 2/);

  it('run from the version that is found', () => {
    const chain = defineMigrations(3, [step(0, 1), step(1, 2), step(2, 3)]);
    assert.deepEqual(chain.run('x', 1), [['x', 2], 3]);
    assert.deepEqual(chain.run('x', 3), 'x');
  });

  it('make a Melody of a run of the thin engine, and leave that as it was', () => {
    const text = JSON.stringify(thin);
    const { melody, findings, version } = readMelody(text, 'old.json');
    assert.equal(version, 0);
    assert.deepEqual(
      findings.map(({ problem }) => problem),
      [
        {
          code: 'melody.older',
          args: { place: 'old.json line 1, column 12', file: 'old.json', found: 0, known: 1 },
        },
      ],
    );
    assert.deepEqual(melody, {
      version: 1,
      id: 'phase-02-1-greeting',
      name: 'Phase 02.1: Greeting',
      settings: { resources: { agent: 2 } },
      nodes: [
        {
          id: 'agent:02.1-01',
          kind: 'operator',
          name: 'Say hello',
          operator: 'agent',
          resource: 'agent',
          config: { plan: '02.1-01' },
          policy: { retry: { tries: 3 } },
        },
        { id: '_merge_1', kind: 'operator', operator: 'merge' },
        { id: 'merge_1', kind: 'operator', operator: 'merge' },
      ],
      edges: [
        { kind: 'control', from: 'agent:02.1-01', to: '_merge_1' },
        { kind: 'control', from: '_merge_1', to: 'merge_1' },
        { kind: 'control', from: 'agent:02.1-01', to: 'merge_1' },
      ],
    });
    assert.equal(JSON.stringify(thin), text);
  });

  it('that fail say why', () => {
    const { findings, document } = readMelody(
      '{"version":0,"title":"x","nodes":[],"limits":{"agent":0}}',
      'old.json',
    );
    assert.equal(document, undefined);
    assert.match(String(findings[0]?.problem.args['detail']), /^limits.agent: Too small/);
  });
});

describe('edits of text', () => {
  const text = `{
  // what it is
  "version": 1, "id": "t", /* short */ "name": "T",
  "nodes": [
    // the first
    { "id": "a", "kind": "parallel" }, // after the first
    { "id": "b", "kind": "parallel" } // after the second
    /* the end */
  ],
  "edges": [{ "kind": "control", "from": "a", "to": "b" }]
}
`;
  const { document } = readMelody(text, 't');
  const melody = document as unknown as Melody;
  /** The lines an update takes away and adds. */
  function check(what: string, next: Melody, gone: readonly string[], come: readonly string[]): void {
    it(`change ${what} and nothing else`, () => {
      const [old, now] = [text.split('\n'), updateText(text, next, 't').split('\n')];
      assert.deepEqual(
        old.filter((line) => !now.includes(line)),
        gone,
      );
      assert.deepEqual(
        now.filter((line) => !old.includes(line)),
        come,
      );
    });
  }
  check('nothing', melody, [], []);
  check(
    'a name',
    { ...melody, name: 'New' },
    ['  "version": 1, "id": "t", /* short */ "name": "T",'],
    ['  "version": 1, "id": "t", /* short */ "name": "New",'],
  );
  check(
    'a node’s going',
    { ...melody, nodes: melody.nodes.slice(1), edges: [] },
    [
      '    { "id": "a", "kind": "parallel" }, // after the first',
      '  "edges": [{ "kind": "control", "from": "a", "to": "b" }]',
    ],
    ['     // after the first', '  "edges": []'],
  );
  check(
    'the last node’s going',
    { ...melody, nodes: melody.nodes.slice(0, 1), edges: [] },
    [
      '    { "id": "a", "kind": "parallel" }, // after the first',
      '    { "id": "b", "kind": "parallel" } // after the second',
      '  "edges": [{ "kind": "control", "from": "a", "to": "b" }]',
    ],
    ['    { "id": "a", "kind": "parallel" } // after the first', '     // after the second', '  "edges": []'],
  );
  check(
    'an edge’s priority',
    { ...melody, edges: [{ kind: 'control', from: 'a', to: 'b', priority: 5 }] },
    ['  "edges": [{ "kind": "control", "from": "a", "to": "b" }]'],
    ['  "edges": [{ "kind": "control", "from": "a", "to": "b", "priority": 5 }]'],
  );

  it('are refused where there is nothing to change', () => {
    const refused = (path: (string | number)[]) =>
      assert.throws(
        () => editText(text, [{ path, value: undefined }], 't'),
        (thrown) => thrown instanceof ProblemError && thrown.problem.code === 'melody.editRefused',
      );
    refused(['nodes', 7]);
    refused(['ghost']);
    refused([]);
  });

  it('keep Windows line ends', () => {
    const windows = text.replaceAll('\n', '\r\n');
    const edited = editText(windows, [{ path: ['description'], value: 'x' }], 't');
    assert.ok(!/[^\r]\n/.test(edited));
  });

  it('of the layout keep each comment in its place', () => {
    const messy = text
      .replace('    // the first', '\n        // the first')
      .replace('"nodes"', '      "nodes"');
    const formatted = formatText(messy);
    assert.deepEqual(readMelody(formatted, 't').document, document);
    assert.ok(formatted.includes('\n    // the first\n'));
    assert.equal(formatText(formatted), formatted);
  });
});
