import { strict as assert } from 'node:assert';
import { problem } from '../../../client/problems';
import { createRelay } from '../../../client/session/relay';

/** Relays one message to a sidecar that answers with what it was asked. */
async function check(message: unknown, expected: unknown): Promise<void> {
  const relay = createRelay((name, params) => Promise.resolve({ name, params }));
  assert.deepEqual(await relay('board', message), expected);
}

const reply = (message: unknown) => ({ kind: 'reply', message });

describe('the relay of a webview', () => {
  it('asks what its panel may ask', () =>
    check(
      { id: 1, method: 'run/command', params: { run: 'run-1', command: 'pause' } },
      reply({ id: 1, result: { name: 'runCommand', params: { run: 'run-1', command: 'pause' } } }),
    ));

  it('refuses every other method, those of the wire included', async () => {
    for (const method of ['secrets/provide', 'run/execute', 'review/decide', '__proto__', 'constructor']) {
      await check(
        { id: 2, method, params: {} },
        reply({ id: 2, problem: { code: 'request.unknown', args: { method } } }),
      );
    }
  });

  it('checks parameters against the schema', async () => {
    const relay = createRelay(() => assert.fail('must not be asked'));
    const answer = await relay('board', {
      id: 3,
      method: 'run/command',
      params: { run: 'r', command: 'explode' },
    });
    assert.ok(answer.kind === 'reply');
    assert.equal(answer.message.problem?.code, 'request.invalid');
  });

  it('drops what has no shape', async () => {
    for (const message of [
      null,
      1,
      'x',
      [],
      {},
      { id: 1, method: 5 },
      { id: {}, method: 'run/list' },
      { id: 1, method: 'run/list', more: 1 },
    ]) {
      await check(message, { kind: 'ignored', why: 'shape' });
    }
  });

  it('drops unknown parameters', () =>
    check(
      { id: 4, method: 'run/show', params: { run: 'r', extra: true } },
      reply({ id: 4, result: { name: 'runShow', params: { run: 'r' } } }),
    ));

  it('hands requests for the panel back', () =>
    check(
      { id: 5, method: 'ui/openPlan', params: { run: 'r', plan: '01-01' } },
      { kind: 'ui', id: 5, method: 'ui/openPlan', params: { run: 'r', plan: '01-01' } },
    ));

  it('turns failures into problems', async () => {
    const relay = createRelay(() => Promise.reject(problem('run.unknown', { run: 'r' })));
    assert.deepEqual(
      await relay('board', { id: 6, method: 'run/show', params: { run: 'r' } }),
      reply({ id: 6, problem: { code: 'run.unknown', args: { run: 'r' } } }),
    );
  });
});
