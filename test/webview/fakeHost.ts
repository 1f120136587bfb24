import type { BoardOp, BoardView } from '../../schemas/wire/board';
import { largeBoard, sampleBoard, sampleNow, sampleQuestion, sampleReports } from './sampleRun';

/** What a test does with the page's other side. */
export interface FakeHost {
  /** Everything the page asked, in order. */
  readonly asked: { id: number; method: string; params: Record<string, unknown> }[];
  /** Methods that stay without an answer. */
  readonly silent: Set<string>;
  /** Methods answered with a problem. */
  readonly problems: Map<string, unknown>;
  readonly violations: string[];
  board: BoardView | null;
  questions: unknown[];
  push(method: string, params: unknown): void;
  /** Sends a patch that fits, and remembers what it makes of the board. */
  patch(ops: BoardOp[]): void;
  saved(): unknown;
  /** Starts to measure the time between frames; `frames` are milliseconds. */
  watchFrames(): void;
  frames: number[];
}

/**
 * Stands in for the editor: gives `acquireVsCodeApi`, answers what the page asks from a run it holds,
 * and keeps the saved state in the address's hash so that a reload finds it. Runs in the page.
 */
export function startFakeHost(scenario: string): void {
  const board = scenario === 'large' ? largeBoard(1_000) : scenario === 'noRun' ? null : { ...sampleBoard() };
  if (board && scenario === 'empty') Object.assign(board, { nodes: [], edges: [], state: 'completed' });
  if (board && scenario === 'failed') {
    board.state = 'failed';
    board.nodes = board.nodes.map((node) =>
      node.id === 'agent:02-02' || node.id === 'agent:02-03'
        ? { ...node, state: 'failed', attempt: 2, note: 'agent.turnLimit', endedAt: sampleNow }
        : node.state === 'pending'
          ? { ...node, state: node.id.startsWith('agent') ? 'cancelled' : 'pending' }
          : node,
    );
  }
  const failing = scenario === 'error' ? runUnknown : scenario === 'gone' ? gone : undefined;
  const host: FakeHost = {
    asked: [],
    silent: new Set(scenario === 'loading' ? ['board/snapshot'] : []),
    problems: new Map<string, unknown>(failing ? [['board/snapshot', failing]] : []),
    violations: [],
    board,
    questions: scenario === 'sample' || scenario === 'noInit' ? [sampleQuestion] : [],
    push: (method, params) => window.postMessage({ method, params }, '*'),
    patch(ops) {
      if (!this.board) return;
      const from = this.board.revision;
      this.board = applied(this.board, ops);
      this.push('board/patch', { run: this.board.run, from, to: from + 1, ops });
    },
    saved: () => read(),
    frames: [],
    watchFrames() {
      const frames: number[] = (this.frames = []);
      let last = performance.now();
      const next = (): void => {
        const now = performance.now();
        frames.push(now - last);
        last = now;
        if (this.frames === frames) requestAnimationFrame(next);
      };
      requestAnimationFrame(next);
    },
  };
  const read = (): unknown =>
    location.hash.length > 1 ? JSON.parse(decodeURIComponent(location.hash.slice(1))) : undefined;
  const problem = { code: 'agent.turnLimit', args: { plan: '02-02', limit: 40 } };
  const reports = sampleReports().map((report) =>
    scenario === 'failed' && report.plan === '02-02' ? { ...report, state: 'failed', problem } : report,
  );
  const answer = (method: string): unknown => {
    switch (method) {
      case 'board/snapshot':
        return structuredClone(host.board);
      case 'run/show':
        return { summary: summaryOf(host), plans: scenario === 'large' ? [] : reports };
      case 'run/list':
        return { runs: host.board ? [summaryOf(host)] : [] };
      default:
        return { state: host.board?.state };
    }
  };
  const api = {
    postMessage(message: FakeHost['asked'][number]) {
      host.asked.push(message);
      if (host.silent.has(message.method)) return;
      const problem = host.problems.get(message.method);
      if (message.method === 'run/answer' && !problem) {
        host.questions = host.questions.filter(
          (each) => (each as { id: string }).id !== message.params['question'],
        );
      }
      const reply = problem
        ? { id: message.id, problem }
        : { id: message.id, result: answer(message.method) };
      setTimeout(() => window.postMessage(reply, '*'), 5);
    },
    getState: read,
    setState: (state: unknown) =>
      history.replaceState(null, '', `#${encodeURIComponent(JSON.stringify(state))}`),
  };
  document.addEventListener('securitypolicyviolation', (event) => {
    host.violations.push(`${event.violatedDirective} ${event.sourceFile ?? ''}:${event.lineNumber}`);
  });
  const RealDate = Date;
  const offset = sampleNow - RealDate.now();
  Date.now = () => performance.timeOrigin + performance.now() + offset;
  Object.assign(window, { fakeHost: host, acquireVsCodeApi: () => api });
  window.addEventListener('load', () => {
    if (scenario === 'noInit') return;
    host.push('init', { run: board?.run ?? null, strings: sentences, title: board?.title ?? '' });
  });
}

const sentences = {
  'problem.sandbox.unavailable': 'Commands of agents are not isolated on this computer: {detail}',
  'fix.sandbox.unavailable': 'Look at the command below. It runs as you, in the agent’s worktree.',
  'problem.agent.turnLimit': 'The agent of {plan} used all {limit} turns.',
  'fix.agent.turnLimit': 'Raise the limit symphony.limits.turns, or make the plan smaller.',
  'problem.run.unknown': 'There is no run {run}.',
};
const runUnknown = {
  code: 'run.unknown',
  args: { run: 'sample' },
  message: 'There is no run sample.',
  fix: 'Choose another run in the Symphony view.',
};
const gone = {
  code: 'sidecar.failed',
  args: { detail: 'exit 1' },
  message: 'The sidecar did not start: exit 1',
  fix: 'See its log with “Symphony: Show Log”.',
};

function applied(board: BoardView, ops: readonly BoardOp[]): BoardView {
  const next = { ...board, revision: board.revision + 1, nodes: [...board.nodes] };
  for (const op of ops) {
    if (op.op === 'state') next.state = op.state;
    else if (op.op === 'edges') next.edges = [...next.edges, ...op.edges];
    else {
      const at = next.nodes.findIndex(({ id }) => id === op.node.id);
      if (at < 0) next.nodes.push(op.node);
      else next.nodes[at] = op.node;
    }
  }
  return next;
}

function summaryOf({ board, questions }: FakeHost): unknown {
  return {
    run: board?.run,
    title: board?.title,
    kind: 'phase',
    state: board?.state,
    model: 'scripted/sample',
    createdAt: sampleNow - 221_000,
    endedAt: board?.state === 'completed' ? sampleNow : null,
    nodes: { total: 0, completed: 0, running: 0, failed: 0 },
    usage: { inputTokens: 0, outputTokens: 0, cachedTokens: 0 },
    questions,
    problem: null,
    changeset: board?.state === 'completed' ? 'changes' : null,
  };
}
