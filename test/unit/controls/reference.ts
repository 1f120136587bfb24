import { groupPort } from '../../../schemas/journal/controls';
import type { Workflow, WorkflowEdge, WorkflowNode } from '../../../schemas/journal/workflow';
import { problem, problemOf, type Json } from '../../../server/base';
import type { Answer, Expressions, Performers } from '../../../server/engine';
import { checkValue } from '../../../server/melody';
import { Steps } from '../agents/fakes';

type Values = Readonly<Record<string, Json>>;
/** How a node ended: well, on a closed way, or passed over for another reason; and what came out of it. */
interface Ended {
  readonly how: 'completed' | 'closed' | 'passed';
  readonly outputs: Values;
}
const closed: Ended = { how: 'closed', outputs: {} };

export interface World {
  readonly performers: Performers;
  readonly expressions: Expressions;
  /** The answer to a question, by the node that asks. */
  readonly answer: (node: string) => Answer;
  /** Is told how each node ended, by its id with the rounds around it. */
  readonly note?: (node: string, how: Ended['how']) => void;
}

/**
 * What a workflow says, in the fewest words: nothing is recorded, bounded, paused or taken up again. Returns the
 * outputs by node; throws the problem the run fails with. The engine must come to the same.
 */
export function performed(workflow: Workflow, inputs: Values, world: World): Promise<Values> {
  return levelOf(workflow.nodes, inputs, '', world);
}

async function levelOf(
  nodes: readonly WorkflowNode[],
  entering: Values,
  prefix: string,
  world: World,
): Promise<Values> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const ends = new Map<string, Promise<Ended>>();
  const endOf = (id: string): Promise<Ended> => {
    let end = ends.get(id);
    if (end === undefined) {
      ends.set(id, (end = come(byId.get(id)!)));
      if (byId.get(id)!.standby !== true)
        void end.then(
          ({ how }) => world.note?.(prefix + id, how),
          () => undefined,
        );
    }
    return end;
  };
  /** Waits for what comes before a node, and performs it where it is not passed over. */
  async function come(node: WorkflowNode): Promise<Ended> {
    if (node.standby === true) return closed;
    const inputs = await arriving(node, endOf, world.expressions);
    if (inputs === undefined) return closed;
    if (node.disabled === true) return { how: 'passed', outputs: {} };
    return work(node, node.kind === 'input' ? valueOf(node) : inputs);
  }
  const valueOf = (node: WorkflowNode): Values => {
    const port = groupPort(node);
    return Object.hasOwn(entering, port) ? { value: entering[port]! } : {};
  };

  async function work(node: WorkflowNode, inputs: Values): Promise<Ended> {
    const done = (outputs: unknown): Ended => ({ how: 'completed', outputs: outputs as Values });
    for (let attempt = 1; ; attempt++)
      try {
        for (const { name, type } of node.inputs ?? []) {
          const misfit =
            type !== undefined && Object.hasOwn(inputs, name) ? checkValue(type, inputs[name]!) : undefined;
          if (misfit !== undefined)
            throw problem('workflow.valueMisfit', { node: node.id, port: name, ...misfit });
        }
        if (node.body !== undefined) return done(await groupOf(node, inputs, prefix, world));
        return done(await attemptOf(node, attempt, inputs, world));
      } catch (thrown) {
        if (attempt <= node.retries) continue;
        if (node.fallback?.value !== undefined) return done(node.fallback.value);
        if (node.fallback?.node !== undefined) return work(byId.get(node.fallback.node)!, inputs);
        if (node.skip !== undefined) return { how: 'passed', outputs: (node.skip.default ?? {}) as Values };
        throw thrown;
      }
  }

  const all = await Promise.all(nodes.map(async (node) => [node, await endOf(node.id)] as const));
  return Object.fromEntries(
    all.flatMap(([node, { outputs }]) =>
      node.kind === 'output' && outputs['value'] !== undefined ? [[groupPort(node), outputs['value']]] : [],
    ),
  );
}

/** What arrives at the inputs of a node, or undefined where the ways that are open do not do. */
async function arriving(
  { after, edges = [], needs = 'all', eager, inputs = [] }: WorkflowNode,
  endOf: (id: string) => Promise<Ended>,
  expressions: Expressions,
): Promise<Values | undefined> {
  const open = new Map<WorkflowEdge, Json>();
  const enough = () => open.size >= Math.min(Number(needs === 'any' || needs), edges.length);
  const ways = edges.map(async (edge) => {
    const value = flowing(edge, await endOf(edge.from), expressions);
    if (value !== undefined) open.set(edge, value);
    if (value !== undefined && needs !== 'all' && eager === true && enough()) throw new Enough();
  });
  const before = await Promise.all(after.map(endOf));
  try {
    await Promise.all(ways);
  } catch (thrown) {
    if (!(thrown instanceof Enough)) throw thrown;
  }
  if (before.some(({ how }) => how === 'closed')) return undefined;
  const canDoWithout = ({ port, when, to }: WorkflowEdge): boolean => {
    const input = inputs.find(({ name }) => name === to);
    if (port === undefined || when !== undefined || input === undefined) return false;
    return !input.required || edges.some((other) => other.to === to && open.has(other));
  };
  const closedOnes = edges.filter((edge) => !open.has(edge));
  if (needs === 'all' ? !closedOnes.every(canDoWithout) : !enough()) return undefined;
  return Object.fromEntries(
    inputs.flatMap(({ name, many, default: usual }) => {
      const arrived = edges
        .filter((edge) => edge.to === name && open.has(edge))
        .map((edge) => open.get(edge)!);
      const value =
        many === true && arrived.length > 0 ? arrived : (arrived[0] ?? (usual as Json | undefined));
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
class Enough extends Error {}

/** The value that comes along an edge, null for order alone, undefined where it is closed. */
function flowing(
  { port, transform, when }: WorkflowEdge,
  { how, outputs }: Ended,
  expressions: Expressions,
): Json | undefined {
  if (how === 'closed') return undefined;
  if (when !== undefined && (how === 'passed' || !expressions.condition('edge', when, { outputs })))
    return undefined;
  if (port === undefined) return null;
  const value = Object.hasOwn(outputs, port) ? outputs[port] : undefined;
  return value === undefined || transform === undefined ? value : expressions.transform(transform, value);
}

async function groupOf(node: WorkflowNode, inputs: Values, prefix: string, world: World): Promise<Values> {
  const { mode, nodes, over, most = 1, while: again, until } = node.body!;
  const round = (number: number) => `${prefix}${node.id}[${number}]/`;
  if (mode === 'once') return levelOf(nodes, inputs, round(1), world);
  if (mode === 'map') {
    const items = inputs[over!] as readonly Json[];
    const rounds = await Promise.all(
      items.map((item, index) => levelOf(nodes, { ...inputs, item, index }, round(index + 1), world)),
    );
    const names = (node.params as { outputs: string[] }).outputs;
    return Object.fromEntries(names.map((name) => [name, rounds.map((round) => round[name] ?? null)]));
  }
  let entering = inputs;
  for (let iteration = 1; ; iteration++) {
    const outputs = await levelOf(nodes, entering, round(iteration), world);
    const decide = (text: string) =>
      world.expressions.condition('loop', text, { inputs: entering, outputs, iteration });
    const ends =
      iteration >= most || (again !== undefined && !decide(again)) || (until !== undefined && decide(until));
    if (ends) return outputs;
    const carried = Object.entries(outputs).filter(([name]) => name in inputs);
    entering = { ...entering, ...Object.fromEntries(carried) };
  }
}

function attemptOf(node: WorkflowNode, attempt: number, inputs: Values, world: World): Promise<Json> {
  const perform = world.performers.get(node.kind);
  if (perform === undefined) throw problem('workflow.kindUnknown', { node: node.id, kind: node.kind });
  const ask = () => Promise.resolve(world.answer(node.id));
  return perform({
    ...new Steps().context(),
    node: node.id,
    attempt,
    params: node.params as Json,
    inputs,
    ask,
  });
}

/** The code a run fails with. */
export const codeOf = (thrown: unknown): string => problemOf(thrown).code;
