/** Graphs of the shapes that are met: each comes to the same however many of its nodes are at work at once. */
import { strict as assert } from 'node:assert';
import type { Workflow, WorkflowNode } from '../../../schemas/journal/workflow';
import type { Melody, MelodyBody } from '../../../schemas/melody';
import type { Json } from '../../../server/base';
import { controlPerformers, expressionsOf } from '../../../server/controls';
import type { Engine, NodeContext, Performer, RunFold } from '../../../server/engine';
import { compileMelody, portsOf, type PortType } from '../../../server/melody';
import type { ExecutablePlan } from '../../../server/planning';
import { builtInTemplates, instantiate, phaseWorkflow } from '../../../server/templates';
import { hashOf, layeredWorkflow, givenBy } from '../../fixtures/engine/layered';
import { proofs } from '../../fixtures/templates';
import { engineOn, jumpingClock, memoryJournal, until, workflowOf } from './support';

interface Shape {
  readonly workflow: Workflow;
  /** Types of the outputs of a node, by the ids on the way to it. */
  readonly types?: ReadonlyMap<string, readonly (readonly [port: string, type: PortType | undefined])[]>;
  /** The most nodes at work at once where nothing bounds them; absent: more than one. */
  readonly widest?: number;
}

const shapes: Readonly<Record<string, () => Shape>> = {
  'the template for a review': () => ofTemplate('review'),
  // It goes round in loops, one node after the other.
  'the template for hardening': () => ({ ...ofTemplate('security-hardening'), widest: 1 }),
  'the template for a full stack': () => ofTemplate('full-stack'),
  'a phase of three waves': () => ({
    workflow: phaseOf([
      plan('01-01', 1),
      plan('01-02', 1),
      plan('01-03', 1),
      plan('01-04', 2, ['01-01']),
      plan('01-05', 2, ['01-02', '01-03']),
      plan('01-06', 3, ['01-04', '01-05']),
    ]),
  }),
  'a phase that was done in part': () => ({
    workflow: phaseOf([
      plan('02-01', 1, [], true),
      plan('02-02', 1, ['02-01']),
      plan('02-03', 1, ['02-02']),
      ...Array.from({ length: 8 }, (_, i) => plan(`02-1${i}`, 2, ['02-01'])),
    ]),
  }),
  'layers with joins, conditions and groups': () => ({ workflow: layeredWorkflow(10, 30) }),
  'one that opens a thousand': () => ({
    workflow: linked([['root', ''], ...many(1000, (i): Link => [`leaf${i}`, 'root'])]),
    widest: 64,
  }),
  'a chain of a thousand': () => ({
    workflow: linked(many(1000, (i): Link => [`n${i}`, i === 0 ? '' : `n${i - 1}`])),
    widest: 1,
  }),
  'a grid of diamonds': () => ({
    workflow: linked(
      many(20, (row) =>
        many(20, (column): Link => [
          `n${row}.${column}`,
          [row > 0 && `n${row - 1}.${column}`, column > 0 && `n${row}.${column - 1}`]
            .filter(Boolean)
            .join(' '),
        ]),
      ).flat(),
    ),
  }),
  'five hundred that one waits for': () => ({
    workflow: linked([
      ...many(500, (i): Link => [`n${i}`, '']),
      ['all', many(500, (i) => `n${i}`).join(' ')],
      ['after', 'all'],
    ]),
    widest: 64,
  }),
};

describe('a graph comes to the same with 1, 4 and 64 nodes at once', () => {
  it('in ten shapes', () => assert.equal(Object.keys(shapes).length, 10));

  for (const [name, make] of Object.entries(shapes))
    it(name, async () => {
      const shape = make();
      const [one, four, many] = [await ran(shape, 1), await ran(shape, 4), await ran(shape, 64)];
      assert.equal(one.result['state'], 'completed', JSON.stringify(one.problem));
      assert.deepEqual(four.result, one.result);
      assert.deepEqual(many.result, one.result);
      // It is no proof unless nodes were really at work side by side, and never more than allowed.
      assert.equal(one.most, 1);
      assert.ok(four.most <= 4);
      if (shape.widest === undefined) assert.ok(many.most > 1);
      else assert.deepEqual([four.most, many.most], [Math.min(4, shape.widest), shape.widest]);
    });
});

interface Ran {
  readonly result: Readonly<Record<string, unknown>>;
  readonly problem: unknown;
  /** The most nodes that were at work at once. */
  readonly most: number;
}

async function ran({ workflow, types }: Shape, parallel: number): Promise<Ran> {
  const clock = jumpingClock();
  const expressions = expressionsOf();
  const controls = controlPerformers({ expressions, clock });
  let [busy, most] = [0, 0];
  const counted: Performer = async (ctx) => {
    most = Math.max(most, ++busy);
    // Who began first need not end first.
    for (let turns = hashOf(`${ctx.node} ${parallel}`) % 5; turns >= 0; turns--)
      await new Promise((resolve) => setImmediate(resolve));
    busy--;
    const ports = types?.get(ctx.node.replace(/\[\d+\]/g, ''));
    return ports ? byType(ctx, ports) : givenBy(ctx.node, [before(ctx), ctx.inputs]);
  };
  const kinds = [...kindsOf(workflow.nodes)].filter((kind) => !controls.has(kind));
  const engine: Engine = engineOn(memoryJournal(clock), counted, {
    clock,
    performers: new Map([...kinds.map((kind) => [kind, counted] as const), ...controls]),
    expressions,
    hash: String,
  });
  engine.onChanged(({ run, events }) => {
    for (const { event } of events)
      if (event.type === 'QuestionAsked')
        void engine.answer(run, event.question.id, event.question.choices[0]!);
  });
  const run = await engine.start({
    ...{ title: workflow.title, kind: 'melody', facts: {} },
    workflow: { ...workflow, limits: { '*': parallel } },
  });
  const state = engine.state(run)!;
  await until(() => state.endedAt !== null, 'the run ends', 100_000);
  await engine.stop(0);
  return { result: resultOf(state), problem: state.problem, most };
}

const resultOf = (run: RunFold): Record<string, unknown> => ({
  state: run.state,
  outputs: run.outputs,
  nodes: Object.fromEntries(
    [...run.nodes.values()].map(({ id, state, attempt, skipped, output }) => [
      id,
      [state, attempt, skipped, output],
    ]),
  ),
});

const before = (ctx: NodeContext): Json => ctx.after.map((id) => ctx.output(id) ?? null);

/** A value for every output, of its type, that depends on the node and on what came to it. */
function byType(ctx: NodeContext, ports: readonly (readonly [string, PortType | undefined])[]): Json {
  const { value } = givenBy(ctx.node, [before(ctx), ctx.inputs]);
  return Object.fromEntries(ports.map(([port, type]) => [port, valueOf(type, hashOf(`${port} ${value}`))]));
}

/** A value of a type, of a number. */
function valueOf(type: PortType | undefined, number: number): Json {
  switch (type?.base) {
    case 'boolean':
      return number % 3 !== 0;
    case 'number':
      return number;
    case 'list':
      return many(2, (i) => valueOf(type.inner, number + i));
    case 'text':
    case 'file':
      return `value ${number}`;
    default:
      return { value: number };
  }
}

const kindsOf = (nodes: readonly WorkflowNode[]): Set<string> =>
  new Set(nodes.flatMap(({ kind, body }) => (body ? [...kindsOf(body.nodes)] : [kind])));

function ofTemplate(id: string): Shape {
  const { values } = proofs.find(({ template }) => template === id)!;
  const { melody } = instantiate(
    builtInTemplates.find((one) => one.id === id)!,
    values,
  );
  return { workflow: compileMelody(melody!, { file: `${id}.melody.json` }), types: typesOf(melody!) };
}

function typesOf(melody: Melody): NonNullable<Shape['types']> {
  const found = new Map<string, [string, PortType | undefined][]>();
  const visit = ({ nodes }: MelodyBody, prefix: string): void => {
    for (const node of nodes) {
      found.set(
        prefix + node.id,
        portsOf(node).outputs.all.map(({ name, type }) => [name, type]),
      );
      if ('body' in node) visit(node.body, `${prefix}${node.id}/`);
    }
  };
  visit(melody, '');
  return found;
}

const phaseOf = (plans: readonly ExecutablePlan[]): Workflow =>
  phaseWorkflow(
    { id: '1', name: 'First', directory: '.planning/phases/01-x', plans, problems: [] },
    { parallel: 4 },
  );

const plan = (id: string, wave: number, after: readonly string[] = [], done = false): ExecutablePlan => ({
  ...{ id, wave, after, done, file: `.planning/phases/01-x/${id}-PLAN.md`, title: `Plan ${id}` },
  ...{ objective: '', text: '', files: [], verify: [] },
});

type Link = readonly [id: string, after: string];
const linked = (links: readonly Link[]): Workflow => workflowOf(Object.fromEntries(links));
const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
