import { strict as assert } from 'node:assert';
import type { BoardView, RecordedEvent } from '../../../schemas';
import { foldAll } from '../../../server/engine';
import { Boards } from '../../../server/runs/board';
import { completed, recorded, started } from './story';

/** Applies patches as a page does. */
function apply(view: BoardView, patch: ReturnType<Boards['patch']>): BoardView {
  if (patch === undefined) return view;
  assert.equal(patch.from, view.revision, 'patches follow one another');
  const next = { ...view, revision: patch.to, nodes: [...view.nodes] };
  for (const op of patch.ops) {
    if (op.op === 'state') next.state = op.state;
    else next.nodes = next.nodes.map((node) => (node.id === op.node.id ? op.node : node));
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
    const run = foldAll(recorded())!;
    const nodes = [
      { ...node, id: 'a', after: [] },
      { ...node, id: 'b', after: ['a'], edges: [{ from: 'a', port: 'x', to: 'y' }] },
      { ...node, id: 'c', after: [], edges: [{ from: 'a', when: 'true' }, { from: 'b' }] },
    ];
    const { edges } = new Boards().snapshot({
      ...run,
      workflow: { ...run.workflow, nodes },
      nodes: run.nodes,
    });
    assert.deepEqual(
      edges.map(({ from, to }) => from + to),
      ['ab', 'ac', 'bc'],
    );
  });
});
