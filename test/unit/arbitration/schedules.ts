/** Random schedules for the decider: holders that ask, wait, hold, renew, die and go on. */
import fc from 'fast-check';
import {
  decide,
  emptyState,
  wakeAt,
  type Decision,
  type Input,
  type State,
} from '../../../server/arbitration';
import {
  defaultPolicy,
  type Policy,
  type Request,
  type Strategy,
  type Want,
} from '../../../server/arbitration';

export const isLong = process.env['SYMPHONY_TIER'] === 'long';
/** How many schedules a property is tried on. */
export const runsOf = (short: number, long = 10_000): { numRuns: number } => ({
  numRuns: isLong ? long : short,
});

export const strategies: readonly Strategy[] = [
  'priority',
  'roundRobin',
  'collaborative',
  'queue',
  'weightedRandom',
];

export const policyOf = (strategy: Strategy, more: Partial<Policy> = {}): Policy => ({
  ...defaultPolicy,
  strategy,
  rules: [
    { kind: 'room', name: 'models', most: 3 },
    { kind: 'rate', name: 'calls', most: 4, windowMs: 2000 },
    { kind: 'budget', name: 'usd', most: 20, windowMs: 60_000 },
  ],
  ...more,
});

export const requestOf = (id: string, wants: readonly Want[], more: Partial<Request> = {}): Request => ({
  ...{ id, key: id, holder: id, requester: 'one', label: id, wants, priority: 'normal' },
  ...{ cost: 1, timeoutMs: null, leaseMs: null },
  ...more,
});

export const lock = (name: string, mode: 'shared' | 'exclusive' = 'exclusive'): Want => ({
  kind: 'lock',
  name,
  mode,
});
export const room = (amount = 1): Want => ({ kind: 'room', name: 'models', amount });

/** One step of a schedule; which holder does it, and what. */
export type Step =
  | {
      readonly do: 'ask';
      readonly holder: number;
      readonly wants: readonly Want[];
      readonly more: Partial<Request>;
    }
  | { readonly do: 'release' | 'die' | 'cancel' | 'renew'; readonly holder: number }
  | { readonly do: 'pass'; readonly ms: number };

const wantArbitrary: fc.Arbitrary<Want> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('shared' as const, 'exclusive' as const))
      .map(([name, mode]) => lock(name, mode)),
  },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 3 }).map((amount) => room(amount)) },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: 1, max: 2 })
      .map((amount): Want => ({ kind: 'rate', name: 'calls', amount })),
  },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: 1, max: 4 })
      .map((amount): Want => ({ kind: 'budget', name: 'usd', amount })),
  },
);

const moreArbitrary: fc.Arbitrary<Partial<Request>> = fc.record({
  priority: fc.constantFrom('critical', 'high', 'normal', 'low', 'background'),
  requester: fc.constantFrom('ann', 'bob', 'cas'),
  timeoutMs: fc.oneof(
    { weight: 4, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.constantFrom(0, 500, 3000) },
  ),
  leaseMs: fc.oneof(
    { weight: 4, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.constantFrom(200, 2000) },
  ),
});

const holderArbitrary = fc.integer({ min: 0, max: 6 });

export const stepsArbitrary = (maxLength = 60): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          do: fc.constant('ask' as const),
          holder: holderArbitrary,
          wants: fc.uniqueArray(wantArbitrary, {
            minLength: 1,
            maxLength: 3,
            selector: ({ kind, name }) => kind + name,
          }),
          more: moreArbitrary,
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({
          do: fc.constantFrom(
            'release' as const,
            'release' as const,
            'die' as const,
            'cancel' as const,
            'renew' as const,
          ),
          holder: holderArbitrary,
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 1500 }) }),
      },
    ),
    { minLength: 1, maxLength, size: 'max' },
  );

/** Plays steps on a state and keeps a model of its own of who has what, from the decisions alone. */
export class Play {
  now = 1_000_000_000_000;
  readonly decisions: Decision[] = [];
  readonly inputs: Input[] = [];
  readonly requests = new Map<string, Request>();
  /** By the decisions: what is granted and what waits. */
  readonly granted = new Set<string>();
  readonly waiting = new Set<string>();
  private count = 0;

  constructor(
    public state: State,
    /** After every input. */
    private readonly look: (play: Play) => void = () => undefined,
  ) {}

  step(step: Step): void {
    if (step.do === 'pass') return this.pass(step.ms);
    const holder = `h${step.holder}`;
    if (step.do === 'ask') {
      // One line of work waits for one thing at a time.
      if (this.of(this.waiting, holder) !== undefined) return;
      const id = `${holder}-${++this.count}`;
      return this.ask(requestOf(id, step.wants, { holder, ...step.more }));
    }
    if (step.do === 'die') return this.put({ do: 'letGo', holder, at: this.now });
    const id = this.of(step.do === 'cancel' ? this.waiting : this.granted, holder);
    if (id !== undefined) this.put({ do: step.do, id, at: this.now });
  }

  ask(request: Request): void {
    this.requests.set(request.id, request);
    this.put({ do: 'request', request, at: this.now });
  }

  /** Lets time go by, with every alarm on the way. */
  pass(ms: number): void {
    const until = this.now + ms;
    for (let next = wakeAt(this.state); next !== undefined && next <= until; next = wakeAt(this.state)) {
      this.now = Math.max(this.now, next);
      this.put({ do: 'tick', at: this.now });
    }
    this.now = until;
  }

  put(input: Input): void {
    this.inputs.push(input);
    for (const decision of decide(this.state, input)) {
      this.decisions.push(decision);
      const { request: id } = decision;
      if (decision.kind === 'deferred') this.waiting.add(id);
      else this.waiting.delete(id);
      if (decision.kind === 'granted') this.granted.add(id);
      else this.granted.delete(id);
    }
    this.look(this);
  }

  of(ids: ReadonlySet<string>, holder: string): string | undefined {
    for (const id of ids) if (this.requests.get(id)!.holder === holder) return id;
    return undefined;
  }

  static begin(policy: Policy, look?: (play: Play) => void): Play {
    return new Play(emptyState(policy, 7), look);
  }
}
