import { groupPort } from '../../../schemas/journal/controls';
import type { Workflow, WorkflowEdge, WorkflowNode } from '../../../schemas/journal/workflow';
import { problem, problemOf, type Json } from '../../../server/base';
import type { Answer, Expressions, Performers } from '../../../server/engine';
import { checkValue } from '../../../server/melody';
import { Steps } from '../agents/fakes';

type Values = Readonly<Record<string, Json>>;
/** How a node ended: with outputs, or passed over. */
type Ended = Values | 'closed';

export interface World {
  readonly performers: Performers;
  readonly expressions: Expressions;
  /** The answer to a question, by the node that asks. */
  readonly answer: (node: string) => Answer;
}

/**
 * What a workflow says, in the fewest words: nothing is recorded, bounded, paused or taken up again. Returns the
 * outputs by node; throws the problem the run fails with. The engine must come to the same.
 */
export function performed(workflow: Workflow, inputs: Values, world: World): Promise<Values> {
  return levelOf(workflow.nodes, inputs, workflow.policy?.onFailure === 'continue', world);
}

async function levelOf(
  nodes: readonly WorkflowNode[],
  entering: Values,
  goesOn: boolean,
  world: World,
): Promise<Values> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const ends = new Map<string, Promise<Ended>>();
  const endOf = (id: string): Promise<Ended> => {
    let end = ends.get(id);
    if (end === undefined) ends.set(id, (end = come(byId.get(id)!)));
    return end;
  };
  /** Waits for what comes before a node, and performs it where it is not passed over. */
  async function come(node: WorkflowNode): Promise<Ended> {
    if (node.disabled === true || node.standby === true) return 'closed';
    const before = await Promise.all(node.after.map(endOf));
    const inputs = before.includes('closed') ? undefined : await arriving(node, endOf, world.expressions);
    if (inputs === undefined) return 'closed';
    return work(node, node.kind === 'input' ? valueOf(node) : inputs);
  }
  const valueOf = (node: WorkflowNode): Values => {
    const port = groupPort(node);
    return Object.hasOwn(entering, port) ? { value: entering[port]! } : {};
  };

  async function work(node: WorkflowNode, inputs: Values): Promise<Ended> {
    for (let attempt = 1; ; attempt++)
      try {
        for (const { name, type } of node.inputs ?? [])
          if (type !== undefined && Object.hasOwn(inputs, name)) {
            const misfit = checkValue(type, inputs[name]!);
            if (misfit !== undefined)
              throw problem('workflow.valueMisfit', { node: node.id, port: name, ...misfit });
          }
        if (node.body !== undefined) return await groupOf(node, inputs, goesOn, world);
        return (await attemptOf(node, attempt, inputs, world)) as Values;
      } catch (thrown) {
        if (attempt <= node.retries) continue;
        if (node.fallback?.value !== undefined) return node.fallback.value as Values;
        if (node.fallback?.node !== undefined) return work(byId.get(node.fallback.node)!, inputs);
        if (node.skip !== undefined) return (node.skip.default ?? 'closed') as Ended;
        if (goesOn) return 'closed';
        throw thrown;
      }
  }

  const all = await Promise.all(nodes.map(async ({ id }) => [id, await endOf(id)] as const));
  return Object.fromEntries(
    all.flatMap(([id, end]) =>
      byId.get(id)!.kind === 'output' && end !== 'closed' && end['value'] !== undefined
        ? [[groupPort(byId.get(id)!), end['value']]]
        : [],
    ),
  );
}

/** What arrives at the inputs of a node, or undefined where too few ways are open or a needed value is missing. */
async function arriving(
  { edges = [], needs = 'all', eager, inputs = [] }: WorkflowNode,
  endOf: (id: string) => Promise<Ended>,
  expressions: Expressions,
): Promise<Values | undefined> {
  const open = new Map<WorkflowEdge, Json>();
  const enough = () =>
    new Set([...open.keys()].map(({ from }) => from)).size >= Number(needs === 'any' || needs);
  const ways = edges.map(async (edge) => {
    const outputs = await endOf(edge.from);
    const value = outputs === 'closed' ? undefined : flowing(edge, outputs, expressions);
    if (value !== undefined) open.set(edge, value);
    if (value === undefined || needs === 'all' || eager !== true || !enough()) return;
    throw new Enough();
  });
  try {
    // A way that throws is the last that is waited for.
    await Promise.all(ways);
  } catch (thrown) {
    if (!(thrown instanceof Enough)) throw thrown;
  }
  if (edges.length > 0 && (needs === 'all' ? open.size < edges.length : !enough())) return undefined;
  const values: Record<string, Json> = {};
  for (const { name, many, required, default: usual } of inputs) {
    const arrived = edges.filter((edge) => edge.to === name && open.has(edge)).map((edge) => open.get(edge)!);
    const value = many === true && arrived.length > 0 ? arrived : (arrived[0] ?? (usual as Json | undefined));
    if (value !== undefined) values[name] = value;
    else if (required) return undefined;
  }
  return values;
}
class Enough extends Error {}

/** The value that comes along an edge, null for order alone, undefined where it is closed. */
function flowing(
  { port, transform, when }: WorkflowEdge,
  outputs: Values,
  expressions: Expressions,
): Json | undefined {
  if (when !== undefined && !expressions.condition('edge', when, { outputs })) return undefined;
  if (port === undefined) return null;
  const value = Object.hasOwn(outputs, port) ? outputs[port] : undefined;
  return value === undefined || transform === undefined ? value : expressions.transform(transform, value);
}

async function groupOf(node: WorkflowNode, inputs: Values, goesOn: boolean, world: World): Promise<Values> {
  const { mode, nodes, over, most = 1, while: again, until } = node.body!;
  if (mode === 'once') return levelOf(nodes, inputs, goesOn, world);
  if (mode === 'map') {
    const items = inputs[over!] as readonly Json[];
    const rounds = await Promise.all(
      items.map((item, index) => levelOf(nodes, { ...inputs, item, index }, goesOn, world)),
    );
    const names = (node.params as { outputs: string[] }).outputs;
    return Object.fromEntries(names.map((name) => [name, rounds.map((round) => round[name] ?? null)]));
  }
  let entering = inputs;
  for (let iteration = 1; ; iteration++) {
    const outputs = await levelOf(nodes, entering, goesOn, world);
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
