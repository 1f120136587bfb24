import type { Question } from '../../schemas/journal/events';
import type { BoardNode, BoardView } from '../../schemas/wire/board';
import type { NodeState, PlanReport } from '../../schemas/wire/run';

/** The moment the sample is looked at; times of nodes lie before it. */
export const sampleNow = Date.UTC(2026, 4, 12, 9, 30, 0);

interface PlanSketch {
  readonly id: string;
  readonly title: string;
  readonly wave: number;
  readonly state: NodeState;
  readonly note: string;
  readonly seconds: number;
}

const plans: readonly PlanSketch[] = [
  {
    id: '02-01',
    title: 'Parse quantities with units',
    wave: 1,
    state: 'completed',
    note: 'Changed 3 files',
    seconds: 212,
  },
  {
    id: '02-02',
    title: 'Round prices the way the tax office does',
    wave: 1,
    state: 'running',
    note: 'npm test -- prices: 2 of 14 fail',
    seconds: 147,
  },
  {
    id: '02-03',
    title: 'Reject orders without an address',
    wave: 1,
    state: 'waiting',
    note: 'Asks to run a command',
    seconds: 96,
  },
  { id: '02-04', title: 'Print the invoice', wave: 2, state: 'pending', note: '', seconds: 0 },
  {
    id: '02-05',
    title: 'Send the invoice by mail with a retry that backs off',
    wave: 2,
    state: 'pending',
    note: '',
    seconds: 0,
  },
];

/** A phase in the middle of its work: two waves, one question. */
export function sampleBoard(): BoardView {
  const nodes: BoardNode[] = [];
  const edges: BoardView['edges'] = [];
  for (const wave of [1, 2]) {
    for (const plan of plans.filter((each) => each.wave === wave)) {
      const done = plan.state === 'completed';
      nodes.push(
        node(`agent:${plan.id}`, 'agent', `${plan.id} ${plan.title}`, plan.state, plan.note, plan.seconds),
        node(
          `verify:${plan.id}`,
          'verify',
          `Verify ${plan.id}`,
          done ? 'completed' : 'pending',
          '',
          done ? 19 : 0,
        ),
        node(
          `merge:${plan.id}`,
          'merge',
          `Merge ${plan.id}`,
          done ? 'completed' : 'pending',
          '',
          done ? 2 : 0,
        ),
      );
      edges.push({ from: `agent:${plan.id}`, to: `verify:${plan.id}` });
      edges.push({ from: `verify:${plan.id}`, to: `merge:${plan.id}` });
      edges.push({ from: `merge:${plan.id}`, to: `wave:${wave}` });
      if (wave > 1) edges.push({ from: `wave:${wave - 1}`, to: `agent:${plan.id}` });
    }
    nodes.push(node(`wave:${wave}`, 'join', `Wave ${wave} done`, 'pending', '', 0));
  }
  nodes.push(node('offer', 'offer', 'Offer the changes for review', 'pending', '', 0));
  edges.push({ from: 'wave:2', to: 'offer' });
  return {
    run: 'sample',
    title: 'Phase 2: Orders and invoices',
    state: 'waiting',
    revision: 40,
    nodes,
    edges,
  };
}

export const sampleQuestion: Question = {
  id: 'question-1',
  kind: 'approveCommand',
  problem: { code: 'sandbox.unavailable', args: { detail: 'bubblewrap is not installed' } },
  facts: { command: 'npm run check:addresses -- --fix "\u202egnp.txt" && rm -rf build\u200b/cache' },
  choices: ['allow', 'deny'],
};

export function sampleReports(): PlanReport[] {
  return plans.map((plan) => ({
    plan: plan.id,
    title: plan.title,
    state: plan.state,
    files:
      plan.state === 'completed'
        ? [
            { path: 'src/quantity.ts', change: 'modified', added: 48, removed: 12 },
            { path: 'src/units/table-of-units-by-country.ts', change: 'added', added: 61, removed: 0 },
            { path: 'src/legacy/units.js', change: 'deleted', added: 0, removed: 37 },
          ]
        : [],
    verified:
      plan.state === 'completed'
        ? [{ command: 'npm test -- quantity', exitCode: 0, milliseconds: 18_700 }]
        : [],
    usage:
      plan.seconds > 0
        ? { inputTokens: 48_211, outputTokens: 6_930, cachedTokens: 31_000, usd: 0.1872 }
        : noUse,
    turns: plan.seconds > 0 ? 14 : 0,
    milliseconds: plan.seconds * 1000,
    problem: null,
  }));
}

/** A run of many nodes in layers, each waiting for one or two of the layer before; the same every time. */
export function largeBoard(count: number, perLayer = 25): BoardView {
  const nodes: BoardNode[] = [];
  const edges: BoardView['edges'] = [];
  const states: readonly NodeState[] = ['completed', 'running', 'pending', 'failed', 'waiting'];
  for (let at = 0; at < count; at++) {
    const state = at < count * 0.6 ? 'completed' : (states[(at * 7) % 11] ?? 'pending');
    nodes.push(
      node(`agent:${at}`, 'agent', `Plan ${at}: one of many`, state, 'Working', state === 'pending' ? 0 : 60),
    );
    if (at < perLayer) continue;
    const before = Math.floor(at / perLayer - 1) * perLayer;
    const one = before + ((at * 13) % perLayer);
    edges.push({ from: `agent:${one}`, to: `agent:${at}` });
    const two = before + ((at * 5 + 3) % perLayer);
    if (two !== one && at % 2 === 0) edges.push({ from: `agent:${two}`, to: `agent:${at}` });
  }
  return { run: 'large', title: `A run of ${count} steps`, state: 'running', revision: 1, nodes, edges };
}

const noUse = { inputTokens: 0, outputTokens: 0, cachedTokens: 0 };

function node(
  id: string,
  kind: string,
  title: string,
  state: NodeState,
  note: string,
  seconds: number,
): BoardNode {
  const started = seconds > 0 ? sampleNow - seconds * 1000 : null;
  const live = state === 'running' || state === 'waiting' || state === 'pending';
  return {
    id,
    kind,
    title,
    state,
    attempt: seconds > 0 ? 1 : 0,
    note,
    startedAt: started,
    endedAt: live ? null : sampleNow,
  };
}
