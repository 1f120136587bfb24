import { strict as assert } from 'node:assert';
import type { BoardView, RecordedEvent, RunEvent, WorkflowNode } from '../../../schemas';
import { foldAll } from '../../../server/engine';
import { Boards } from '../../../server/runs/board';
import { createdWith, recordedAs, workflowOf } from '../engine/support';
import { completed, recorded, started } from './story';

/** Applies patches as a page does. */
function apply(view: BoardView, patch: ReturnType<Boards['patch']>): BoardView {
  if (patch === undefined) return view;
  assert.equal(patch.from, view.revision, 'patches follow one another');
  const next = { ...view, revision: patch.to, nodes: [...view.nodes] };
  for (const op of patch.ops) {
    if (op.op === 'state') next.state = op.state;
    else if (op.op === 'edges') next.edges = [...next.edges, ...op.edges];
    else if (next.nodes.some(({ id }) => id === op.node.id))
      next.nodes = next.nodes.map((node) => (node.id === op.node.id ? op.node : node));
    else next.nodes = [...next.nodes, op.node];
  }
  return next;
}

const story: RecordedEvent[] = recorded(
  started('agent:01-01'),
  started('agent:01-02'),
  completed('agent:01-01', null),
  {
    type: 'QuestionAsked',
    node: 'agent:01-02',
    question: {
      id: 'q',
      kind: 'decision',
      problem: { code: 'cancelled', args: {} },
      facts: {},
      choices: ['yes'],
    },
  },
  { type: 'QuestionAnswered', question: 'q', answer: 'yes' },
  {
    type: 'NodeFailed',
    node: 'agent:01-02',
    attempt: 1,
    problem: { code: 'cancelled', args: {} },
    final: true,
  },
  { type: 'RunFailed', problem: { code: 'cancelled', args: {} } },
);

describe('a board', () => {
  it('patched event by event equals a snapshot of the end', () => {
    const boards = new Boards();
    let view = boards.snapshot(foldAll(story.slice(0, 1))!);
    for (let end = 2; end <= story.length; end++) {
      const fold = foldAll(story.slice(0, end))!;
      view = apply(view, boards.patch(fold, story.slice(end - 1, end)));
    }
    assert.deepEqual(view, boards.snapshot(foldAll(story)!));
  });

  it('grows by the nodes of rounds when they begin, and by standbys when they are called', () => {
    const work = (id: string, after = ''): WorkflowNode => workflowOf({ [id]: after }).nodes[0]!;
    const workflow = {
      ...workflowOf({}),
      version: 1 as const,
      nodes: [
        { ...work('a'), fallback: { node: 'spare' } },
        { ...work('spare'), standby: true },
        {
          ...work('loop', 'a'),
          kind: 'group',
          edges: [{ from: 'a', when: 'true' }],
          body: { mode: 'loop' as const, most: 2, nodes: [work('x'), work('y', 'x')] },
        },
        work('end', 'loop'),
      ],
    };
    const round = (number: number): RunEvent[] => [
      { type: 'RoundBegun', node: 'loop', round: number, inputs: {} },
      started(`loop[${number}]/x`),
      completed(`loop[${number}]/x`, null),
      { type: 'NodeSkipped', node: `loop[${number}]/y`, reason: 'person' },
    ];
    const grown = recordedAs('run', [
      createdWith(workflow),
      started('a'),
      {
        ...{ type: 'NodeFailed', node: 'a', attempt: 1, final: true, handled: true },
        problem: { code: 'cancelled', args: {} },
      },
      { type: 'StandbyCalled', node: 'spare', by: 'a', as: 'fallback' },
      started('spare'),
      completed('spare', null),
      started('loop'),
      ...round(1),
      ...round(2),
      completed('loop', null),
      { type: 'GenerationBegun', generation: 2, nodes: ['loop'] },
    ]);
    const boards = new Boards();
    let view = boards.snapshot(foldAll(grown.slice(0, 1))!);
    assert.deepEqual(
      view.nodes.map(({ id }) => id),
      ['a', 'loop', 'end'],
    );
    for (let end = 2; end <= grown.length; end++)
      view = apply(view, boards.patch(foldAll(grown.slice(0, end))!, grown.slice(end - 1, end)));
    const whole = boards.snapshot(foldAll(grown)!);
    const sorted = ({ nodes, edges, ...rest }: BoardView) => ({
      ...rest,
      nodes: [...nodes].sort((one, other) => (one.id < other.id ? -1 : 1)),
      edges: edges.map(({ from, to }) => `${from} → ${to}`).sort(),
    });
    assert.deepEqual(sorted(view), sorted(whole));
    assert.deepEqual(sorted(whole).edges, [
      'a → loop',
      'a → spare',
      'loop → end',
      'loop → loop[1]/x',
      'loop → loop[2]/x',
      'loop[1]/x → loop[1]/y',
      'loop[2]/x → loop[2]/y',
    ]);
    assert.equal(whole.nodes.find(({ id }) => id === 'loop[1]/y')!.note, 'skipped.person');
  });

  it('shows a sign of life until its node has ended', () => {
    const boards = new Boards();
    const running = foldAll(story.slice(0, 2))!;
    const noted = boards.note(running, 'agent:01-01', 'reading');
    assert.equal(noted?.ops[0]?.op === 'node' && noted.ops[0].node.note, 'reading');
    const ended = foldAll(story.slice(0, 4))!;
    boards.patch(ended, story.slice(3, 4));
    assert.equal(boards.snapshot(ended).nodes.find((node) => node.id === 'agent:01-01')?.note, '');
  });

  it('has an edge for every “after”', () => {
    const { edges, nodes } = new Boards().snapshot(foldAll(story)!);
    const known = new Set(nodes.map((node) => node.id));
    assert.ok(edges.length >= nodes.length - 2);
    assert.deepEqual(
      edges.filter(({ from, to }) => !known.has(from) || !known.has(to)),
      [],
    );
  });

  it('draws what flows like what waits, once', () => {
    const node = { kind: 'verify', title: '', resource: '', params: null, retries: 0 };
    const [first] = recorded();
    assert.ok(first?.event.type === 'RunCreated');
    const nodes = [
      { ...node, id: 'a', after: [] },
      { ...node, id: 'b', after: ['a'], edges: [{ from: 'a', port: 'x', to: 'y' }] },
      { ...node, id: 'c', after: [], edges: [{ from: 'a', when: 'true' }, { from: 'b' }] },
    ];
    const event = { ...first.event, workflow: { ...first.event.workflow, nodes } };
    const { edges } = new Boards().snapshot(foldAll([{ ...first, event }])!);
    assert.deepEqual(
      edges.map(({ from, to }) => from + to),
      ['ab', 'ac', 'bc'],
    );
  });
});
