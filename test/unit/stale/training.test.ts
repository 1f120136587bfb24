import { strict as assert } from 'node:assert';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import type { RunEvent } from '../../../schemas';
import { Scrubber } from '../../../server/stale';
import type { Json } from '../../../server/base';
import { createdWith, workflowOf } from '../engine/support';
import { problemFrom, temporaryFolder } from '../storage/support';
import { ctx, openWorld, type World } from './world';

/** What scrubbing makes of a value, and how many secrets it found. */
function check(value: Json, expected: Json, count = 1, known: readonly string[] = []): void {
  const scrubber = new Scrubber(known);
  assert.deepEqual([scrubber.json(value), scrubber.count], [expected, count]);
}

describe('scrubbing', () => {
  // Put together here, so that no scanner takes this file for a leak.
  const join = (...parts: string[]): string => parts.join('');

  it('takes out what looks like a secret', () => {
    for (const secret of [
      join('sk-', 'ant-api03-', 'A1b2C3d4E5f6G7h8I9'),
      join('ghp', '_', 'a'.repeat(36)),
      join('github', '_pat_', 'a1'.repeat(20)),
      join('AKIA', 'ABCDEFGHIJKLMNOP'),
      join('xoxb', '-123456789012-abcdef'),
      join('AIza', 'b'.repeat(35)),
      join('eyJ', 'hbGciOiJIUzI1NiJ9', '.', 'eyJzdWIiOiIxIn0', '.', 'c2lnbmF0dXJl'),
      join('-----BEGIN RSA ', 'PRIVATE KEY-----\nMIIE\nabc\n-----END RSA ', 'PRIVATE KEY-----'),
    ])
      check(`before ${secret} after`, 'before [redacted] after');
    check(join('Authorization: Bearer ', 'abcdefgh12345678'), 'Authorization: Bearer [redacted]');
    check(join('postgres://me:', 'hunter22', '@host/db'), 'postgres://me:[redacted]@host/db');
  });

  it('takes out values whose names say it', () => {
    check('DB_PASSWORD=correct-horse', 'DB_PASSWORD=[redacted]');
    check('{"api_key": "0123456789abcdef"}', '{"api_key": [redacted]}');
    check({ token: 'abcdefgh' }, { token: '[redacted]' });
    check({ nested: [{ 'client-secret': 'abc12345' }] }, { nested: [{ 'client-secret': '[redacted]' }] });
    check('in /home/somebody/project', 'in [redacted]/project', 1, ['/home/somebody']);
  });

  it('leaves what only sounds like it', () => {
    for (const text of [
      'const token = readToken(file);',
      'password: string',
      'the token count is 12',
      'secret = process.env.SECRET',
      'a task, a risk-assessment-of-everything',
      'tokens: 1200',
    ])
      check(text, text, 0);
    check({ tokens: 5, token: null, inputTokens: 7 }, { tokens: 5, token: null, inputTokens: 7 }, 0);
  });

  it('takes as long as the text, not longer', () => {
    const began = performance.now();
    for (const part of ['a', '-', 'eyJ', '-----BEGIN PRIVATE KEY-----', 'x://', 'token', '"', 'Bearer '])
      new Scrubber().text(part.repeat(100_000 / part.length));
    assert.ok(performance.now() - began < 10_000);
  });
});

describe('exporting examples for training', () => {
  const folder = temporaryFolder();
  let world: World;
  beforeEach(async () => void (world = await openWorld(folder.at('home'))));
  afterEach(() => world.close());

  /** A run in which a model spoke, with what people decided on its files. */
  async function agentRun(run: string, decisions: readonly ('accepted' | 'rejected')[], ends = true) {
    const reply = { reply: { text: `${run} says token=abcdefgh1234` }, ms: 5 };
    const events: RunEvent[] = [
      createdWith(workflowOf({ agent: '', merge: 'agent' })),
      { type: 'NodeStarted', node: 'agent', attempt: 1 },
      { type: 'StepRecorded', node: 'agent', attempt: 1, key: 'turn:1', outcome: reply },
      { type: 'NodeCompleted', node: 'agent', attempt: 1, output: { summary: 'done' } },
      { type: 'StepRecorded', node: 'merge', attempt: 1, key: 'commit', outcome: 'abc' },
      ...(ends ? [{ type: 'RunCompleted' } as const] : []),
      ...decisions.map((decision, i): RunEvent => ({
        ...{ type: 'FileDecided', changeset: 'c', path: `f${i}`, decision, written: null },
      })),
    ];
    await world.journal.append(run, 0, events);
  }

  const exported = async (decidedOnly = false) => {
    const file = folder.at('examples.jsonl');
    const summary = await world.stale.exportTraining(ctx, file, { decidedOnly });
    const text = readFileSync(file, 'utf8');
    return {
      summary,
      text,
      lines: text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, Json>),
    };
  };

  it('says what was said, done, and kept or turned down', async () => {
    await agentRun('a', ['accepted', 'accepted']);
    await agentRun('b', ['rejected']);
    await agentRun('c', ['accepted', 'rejected']);
    await agentRun('d', []);
    await agentRun('e', [], false);
    const { summary, text, lines } = await exported();
    assert.deepEqual(
      lines.map(({ run, node, label }) => [run, node, label]),
      [
        ['a', 'agent', 'kept'],
        ['b', 'agent', 'reverted'],
        ['c', 'agent', 'partly'],
        ['d', 'agent', 'undecided'],
      ],
    );
    assert.deepEqual(lines[0]!['outcome'], { completed: { summary: 'done' } });
    assert.deepEqual(lines[0]!['steps'], [
      { key: 'turn:1', outcome: { reply: { text: 'a says token=[redacted]' }, ms: 5 } },
    ]);
    assert.deepEqual(summary, { examples: 4, runs: 4, redactions: 4, bytes: Buffer.byteLength(text) });
    if (process.platform !== 'win32') assert.equal(statSync(folder.at('examples.jsonl')).mode & 0o777, 0o600);
  });

  it('leaves out what nobody decided on, where asked', async () => {
    await agentRun('a', ['accepted']);
    await agentRun('d', []);
    assert.deepEqual(
      (await exported(true)).lines.map(({ run }) => run),
      ['a'],
    );
  });

  it('writes no file that is there, has no place, or was given up', async () => {
    await agentRun('a', []);
    const at = (file: string, signal = ctx.signal) =>
      world.stale.exportTraining({ ...ctx, signal }, file, { decidedOnly: false });
    writeFileSync(folder.at('there'), 'mine');
    await problemFrom('runFile.exists', () => at(folder.at('there')));
    assert.equal(readFileSync(folder.at('there'), 'utf8'), 'mine');
    await problemFrom('runFile.relative', () => at('examples.jsonl'));
    await problemFrom('runFile.unwritable', () => at(folder.at('no/folder/examples')));
    await assert.rejects(() => at(folder.at('given-up'), AbortSignal.abort()));
    assert.equal(existsSync(folder.at('given-up')), false);
  });
});
