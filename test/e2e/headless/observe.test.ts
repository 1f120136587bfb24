/** The day's budget, the trace of a run and what is counted, through the real sidecar; nothing is sent unasked. */
import { strict as assert } from 'node:assert';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  assertClear,
  completes,
  edit,
  eventually,
  failureOf,
  isAlive,
  modelAt,
  quickModel,
  startModel,
  World,
  type ScriptedProvider,
} from './badInputWorld';
import type { WireClient } from './client';

const secret = 'Change the word of the day.';

describe('budgets and what is observed', function () {
  this.timeout(60_000);
  let world: World;
  let model: ScriptedProvider;
  let client: WireClient;
  let root: string;
  /** What the first request may take at most. */
  let needed = 0;
  const paths: string[] = [];
  const bodies: string[] = [];
  const receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      paths.push(request.url!);
      bodies.push(Buffer.concat(chunks).toString('utf8'));
      response.end('{}');
    });
  });

  before(async () => {
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    world = new World();
    model = await startModel({ ask: edit('a.txt', 'old', 'new') });
    root = world.repository({ 'a.txt': 'old\n' });
    client = await open();
  });
  after(async () => {
    await world.end();
    await model.close();
    receiver.close();
  });

  const open = () => world.open({ root, ...modelAt(model), env: quickModel });
  const settings = (tokensPerDay = 0, openTelemetry = '') =>
    client.ask('settingsProvide', {
      ...modelAt(model),
      providers: modelAt(model).providers!,
      limits: {
        ...{ turns: 30, tokens: 1_000_000, usd: 5, minutes: 10, parallel: 2 },
      },
      overall: { tokensPerDay, openTelemetry },
    });
  const ask = async () => (await client.ask('runAsk', { path: 'a.txt', instruction: secret })).run;

  it('refuses a request beyond the day’s budget, naming it, and goes on where it stopped once it is raised', async () => {
    await settings(1000);
    const run = await ask();
    const why = await failureOf(client, run);
    assertClear(why, 'model.budgetSpent', ['daily', '1000 tokens']);
    assert.equal(why!.args['setting'], 'symphony.limits.tokensPerDay');
    needed = Number(why!.args['needed']);
    assert.deepEqual(model.asked, []);
    await settings(10_000_000);
    await client.ask('runCommand', { run, command: 'retry' });
    await completes(client, run);
  });

  it('still knows what the day has used after kill -9', async () => {
    process.kill(client.pid, 'SIGKILL');
    await eventually(() => !isAlive(client.pid), 'the sidecar is gone');
    world.forget(client);
    client = await open();
    // Enough for the first request if nothing had been used.
    await settings(needed);
    const why = await failureOf(client, await ask());
    assertClear(why, 'model.budgetSpent', ['daily']);
    assert.ok(Number(why!.args['used']) > 0);
    await settings();
  });

  it('shows the trace and the counts, and sends both only to whom a person chose', async () => {
    const { port } = receiver.address() as AddressInfo;
    const quiet = await ask();
    await completes(client, quiet);
    assert.equal(paths.length, 0);

    await settings(undefined, `http://127.0.0.1:${port}`);
    const run = await ask();
    await completes(client, run);
    await eventually(() => paths.includes('/v1/traces'), 'the trace was sent');
    assert.ok(!bodies.join('').includes(secret));

    const { spans, more } = await client.ask('runTrace', { run, limit: 2000, format: 'spans' });
    assert.ok(!more);
    const names = spans.map(({ name }) => name);
    assert.equal(names[0], 'run');
    assert.equal(names.filter((name) => name === 'chat test/model').length, 3);
    const byId = new Map(spans.map((span) => [span.id, span]));
    for (const span of spans.slice(1)) {
      const parent = byId.get(span.parent!)!;
      assert.ok(
        parent.start <= span.start && span.end! <= parent.end!,
        `${span.name} lies inside ${parent.name}`,
      );
    }
    assert.ok(!JSON.stringify(spans).includes(secret));

    const [first, rest] = await Promise.all(
      [0, 1].map((after) => client.ask('runTrace', { run, after, limit: 1, format: 'otlp' })),
    );
    assert.ok(first!.more && rest!.more);
    assert.match(JSON.stringify(first!.otlp), /"resourceSpans"/);
    const { services } = await client.ask('pitStatus', {});
    const pool = services.find(({ name }) => name === 'pool')!;
    assert.equal(pool.state, 'running');
    assert.equal(pool.rows.find(({ id }) => id === 'model:test/model')?.state, 'hot');
    assert.ok(pool.totals['tokensToday']! > 0);
    assert.equal(services.find(({ name }) => name === 'tracker')?.totals['runs'], 0);
    const { text } = await client.ask('metricsShow', {});
    assert.match(text, /symphony_model_calls_total\{model="test\/model",outcome="ok"\} \d+/);
    assert.match(text, /symphony_node_work_ms_count\{kind="agent",outcome="ok"\} 2/);
  });
});
