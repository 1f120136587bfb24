import { strict as assert } from 'node:assert';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { RecordedEvent, RunEvent } from '../../../schemas';
import { recordedEvent } from '../../../schemas/journal/events';
import { otlpTraces, spansOf, type Span } from '../../../server/observe';

const node = (id: string, kind: string, more = {}) => ({
  ...{ id, kind, title: 'words of a person', after: [], resource: 'work', params: null, retries: 0 },
  ...more,
});

const usage = { inputTokens: 900, outputTokens: 100, cachedTokens: 50, usd: 0.01 };
const secret = 'sk-verysecret';
const step = (key: string, outcome: object, of = 'agent:1'): RunEvent => ({
  ...{ type: 'StepRecorded', node: of, attempt: 1, key, outcome: outcome as never },
  spent: { tokens: 1000, usd: 0.01 },
});

const story: readonly (readonly [at: number, event: RunEvent])[] = [
  [
    1000,
    {
      type: 'RunCreated',
      title: secret,
      kind: 'phase',
      facts: { model: 'anthropic/claude-x', ask: secret },
      workflow: {
        ...{ version: 1, title: secret, limits: {} },
        nodes: [
          node('agent:1', 'agent'),
          node('verify:1', 'verify'),
          node('loop', 'group', {
            body: {
              mode: 'loop',
              most: 2,
              nodes: [node('write', 'instrument', { params: { model: 'openai/y' } })],
            },
          }),
        ],
      },
    },
  ],
  [1000, { type: 'RunOwned', epoch: 'e' }],
  [1010, { type: 'NodeStarted', node: 'agent:1', attempt: 1 }],
  [1500, step('model:1', { reply: { text: secret, calls: [], usage, finish: 'tools' }, ms: 400 })],
  [1600, step('tool:1:0', { text: secret, isError: true, ms: 50 })],
  [1700, { type: 'NodeCompleted', node: 'agent:1', attempt: 1, output: secret }],
  [1700, { type: 'NodeStarted', node: 'verify:1', attempt: 1 }],
  [
    2000,
    step(
      'verify:0',
      { command: secret, exitCode: 1, milliseconds: 250, tree: '', output: secret },
      'verify:1',
    ),
  ],
  [
    2010,
    {
      ...{ type: 'NodeFailed', node: 'verify:1', attempt: 1, final: true },
      problem: { code: 'verify.failed', args: { plan: '1', command: secret, exitCode: 1 } },
    },
  ],
  [2020, { type: 'NodeStarted', node: 'loop', attempt: 1 }],
  [2020, { type: 'RoundBegun', node: 'loop', round: 1, inputs: {} }],
  [2021, { type: 'NodeStarted', node: 'loop[1]/write', attempt: 1 }],
  [
    2100,
    {
      type: 'QuestionAsked',
      node: 'loop[1]/write',
      question: {
        ...{ id: 'loop[1]/write/1/ok', kind: 'decision', facts: { secret }, choices: ['yes'] },
        problem: { code: 'cancelled', args: {} },
      },
    },
  ],
  [2300, { type: 'QuestionAnswered', question: 'loop[1]/write/1/ok', answer: secret }],
  [
    2400,
    step('model:1', { reply: { text: secret, calls: [], usage, finish: 'stop' }, ms: 30 }, 'loop[1]/write'),
  ],
];

const recorded = (until = Infinity): RecordedEvent[] =>
  story.slice(0, until).map(([at, event], i) => ({ position: i + 1, run: 'run-1', seq: i + 1, at, event }));

/** A trace as lines: depth, name, times and how it ended. */
function drawn(spans: readonly Span[]): string[] {
  const byId = new Map(spans.map((span) => [span.id, span]));
  const depth = (span: Span): number => (span.parent === null ? 0 : 1 + depth(byId.get(span.parent)!));
  return spans.map((span) => {
    const { name, start, end, status, facts } = span;
    const code = facts['error.type'] ?? facts['process.exit.code'];
    return `${'  '.repeat(depth(span))}${name} ${start}–${end ?? ''} ${status}${code === undefined ? '' : ` ${code}`}`;
  });
}

describe('the trace of a run', () => {
  it('has a span for each attempt, model call, tool, command and question, in its place', () =>
    assert.deepEqual(drawn(spansOf(recorded())), [
      'run 1000– unset',
      '  node agent 1010–1700 ok',
      '    chat anthropic/claude-x 1100–1500 ok',
      '    tool 1550–1600 error',
      '  node verify 1700–2010 error verify.failed',
      '    command 1750–2000 error 1',
      '  node group 2020– unset',
      '    node instrument 2021– unset',
      '      question 2100–2300 ok',
      '      chat openai/y 2370–2400 ok',
    ]));

  it('has the same ids whenever it is made, also when there is more of it', () => {
    const [early, late] = [spansOf(recorded(6)), spansOf(recorded())];
    const ids = new Set(late.map(({ id }) => id));
    assert.equal(ids.size, late.length);
    for (const { id } of early) assert.ok(ids.has(id));
    assert.deepEqual(spansOf(recorded()), late);
    assert.equal(late[0]!.trace, '4e65d3fbe8ad6535681b021b30785b12');
  });

  it('tells what the models used', () => {
    const chat = spansOf(recorded()).find(({ name }) => name.startsWith('chat'))!;
    assert.deepEqual(chat.facts, {
      'symphony.step': 'model:1',
      'gen_ai.request.model': 'anthropic/claude-x',
      'gen_ai.usage.input_tokens': 900,
      'gen_ai.usage.output_tokens': 100,
      'gen_ai.usage.cache_read.input_tokens': 50,
      'symphony.usd': 0.01,
    });
  });

  it('shows calls that failed where they were made', () => {
    const key = 'run-1/loop[1]/write/1/model:1';
    const call = { key, model: 'openai/y', at: 2310, ms: 40, code: 'model.serverError' };
    const lines = drawn(spansOf(recorded(), { calls: [call] }));
    assert.ok(lines.includes('      chat openai/y 2310–2350 error model.serverError'), lines.join('\n'));
  });

  it('says nothing that a person or a model wrote', () => {
    const text = JSON.stringify(otlpTraces(spansOf(recorded()), {}, 3000));
    assert.ok(!text.includes(secret));
    assert.ok(!text.includes('words of a person'));
  });

  it('is OpenTelemetry’s JSON', () => {
    const request = otlpTraces(spansOf(recorded(6)), { 'service.version': '1' }, 3000) as never as {
      resourceSpans: { scopeSpans: { spans: Record<string, unknown>[] }[] }[];
    };
    const [root, agent, chat] = request.resourceSpans[0]!.scopeSpans[0]!.spans as [never, never, never];
    const { traceId, spanId } = root as { traceId: string; spanId: string };
    assert.match(traceId, /^[0-9a-f]{32}$/);
    assert.match(spanId, /^[0-9a-f]{16}$/);
    assert.deepEqual(
      { ...(agent as object), spanId: '', attributes: [] },
      {
        ...{ traceId, spanId: '', parentSpanId: spanId, name: 'node agent', kind: 1 },
        ...{ startTimeUnixNano: '1010000000', endTimeUnixNano: '1700000000' },
        attributes: [],
        status: { code: 1 },
      },
    );
    assert.equal((chat as { kind: number }).kind, 3);
  });

  const journals = path.resolve(__dirname, '../../journals');
  for (const name of globSync('v*/*.jsonl', { cwd: journals }))
    it(`of the recorded journal ${name} is one tree, inside each other in time`, () => {
      const events = readFileSync(path.join(journals, name), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => recordedEvent.parse(JSON.parse(line)));
      for (const run of new Set(events.map((event) => event.run))) {
        const own = events.filter((event) => event.run === run);
        const spans = spansOf(own);
        const byId = new Map(spans.map((span) => [span.id, span]));
        assert.equal(byId.size, spans.length, 'ids are unique');
        assert.equal(spans.filter(({ parent }) => parent === null).length, 1);
        const attempts = own.filter(({ event }) => event.type === 'NodeStarted').length;
        assert.equal(spans.filter((span) => span.name.startsWith('node ')).length, attempts);
        assert.ok(!spans.some((span) => span.name === 'node unknown'), 'every node is in the workflow');
        spans.forEach((span, i) => {
          const parent = span.parent === null ? undefined : byId.get(span.parent);
          if (span.parent === null) return assert.equal(i, 0);
          assert.ok(parent !== undefined && spans.indexOf(parent) < i, 'parents come first');
          assert.ok(parent.start <= span.start);
        });
      }
    });
});
