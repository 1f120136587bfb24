import { strict as assert } from 'node:assert';
import { connect, NoAnswer, RequestFailed } from '../../../webview/rpc';

interface Sent {
  readonly id: number;
  readonly method: string;
  readonly params: unknown;
}

function pair(timeout = 1_000) {
  const page = new EventTarget();
  const sent: Sent[] = [];
  const rpc = connect({ postMessage: (message) => void sent.push(message as Sent) }, page, { timeout });
  const say = (data: unknown): void => void page.dispatchEvent(Object.assign(new Event('message'), { data }));
  return { rpc, sent, say };
}

describe('rpc of the page', () => {
  it('gives each answer to its own question', async () => {
    const { rpc, sent, say } = pair();
    const first = rpc.ask('run/show', { run: 'a' });
    const second = rpc.ask('run/show', { run: 'b' });
    say({ id: sent[1]!.id, result: 'B' });
    say({ id: sent[0]!.id, result: 'A' });
    assert.deepEqual(await Promise.all([first, second]), ['A', 'B']);
    assert.deepEqual(sent[0], { id: sent[0]!.id, method: 'run/show', params: { run: 'a' } });
  });

  it('rejects with the problem, and with no answer after the timeout', async () => {
    const { rpc, sent, say } = pair(20);
    const refused = rpc.ask('run/command', { run: 'a', command: 'pause' });
    say({ id: sent[0]!.id, problem: { code: 'run.wrongState', args: {} } });
    await assert.rejects(refused, RequestFailed);
    await assert.rejects(rpc.ask('run/list', {}), NoAnswer);
    say({ id: sent[1]!.id, result: {} });
  });

  it('hands pushes to their listeners and passes over what it does not know', () => {
    const { rpc, say } = pair();
    const seen: unknown[] = [];
    rpc.on('board/patch', (patch) => seen.push(patch));
    say({ method: 'board/patch', params: 1 });
    say({ method: 'other', params: 2 });
    for (const noise of [null, 'text', 7, {}, { id: 'x' }, { id: 99, result: 1 }]) say(noise);
    assert.deepEqual(seen, [1]);
  });
});
