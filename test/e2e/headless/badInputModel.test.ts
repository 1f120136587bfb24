/**
 * Models that answer badly or not at all: the run fails with one clear problem, and when the server is well
 * again a retry completes it without asking for what was answered before.
 */
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Code } from '../../../schemas';
import { cuts, fails, fallsSilent, says, sendsRaw, type Play } from '../../unit/llm/servers';
import {
  answersStill,
  assertClear,
  completes,
  decide,
  edit,
  failureOf,
  finish,
  modelAt,
  quickModel,
  startModel,
  treeState,
  World,
  type ScriptedProvider,
} from './badInputWorld';
import type { WireClient } from './client';

const good = finish();

describe('bad input: the model', function () {
  this.timeout(60_000);
  let world: World;
  let model: ScriptedProvider;
  let client: WireClient;
  let root: string;

  before(async () => {
    world = new World();
    model = await startModel({ ask: edit('a.txt', 'old', 'new') });
    root = world.repository({ 'a.txt': 'old\n' });
    client = await world.open({ root, ...modelAt(model), env: quickModel });
  });
  after(async () => {
    await world.end();
    await model.close();
  });
  beforeEach(() => {
    model.asked.length = 0;
    model.trouble.clear();
  });

  const cases: {
    readonly does: string;
    readonly play: Play;
    readonly code: Code;
    readonly says: string[];
  }[] = [
    {
      does: 'sends rubbish',
      play: sendsRaw('data: {"no": "model"}\n\ndata: [[[\n\n'),
      code: 'model.rubbish',
      says: [],
    },
    {
      does: 'sends a web page',
      play: sendsRaw('<html>', 'text/html'),
      code: 'model.rubbish',
      says: ['text/html'],
    },
    {
      does: 'breaks the connection',
      play: cuts('compatible', good, 2, 'reset'),
      code: 'model.cutOff',
      says: ['4 tries'],
    },
    {
      does: 'ends too early',
      play: cuts('compatible', good, 2, 'end'),
      code: 'model.cutOff',
      says: ['4 tries'],
    },
    {
      does: 'answers 429 and says when to come again',
      play: fails(429, 'rate_limit_error', 'slow down', { 'retry-after': '0' }),
      code: 'model.rateLimited',
      says: ['429', '4 tries'],
    },
    {
      does: 'answers 500',
      play: fails(500, 'server_error', 'oh'),
      code: 'model.serverError',
      says: ['500', '4 tries'],
    },
    {
      does: 'answers 401',
      play: fails(401, 'authentication_error', 'who?'),
      code: 'model.unauthorized',
      says: ['401'],
    },
    {
      does: 'answers 400',
      play: fails(400, 'invalid_request_error', 'no such thing'),
      code: 'model.refused',
      says: ['400', 'no such thing'],
    },
    {
      does: 'never answers',
      play: fallsSilent('compatible', good, 0),
      code: 'model.silent',
      says: ['did not answer'],
    },
    {
      does: 'falls silent in the middle',
      play: fallsSilent('compatible', good, 2),
      code: 'model.silent',
      says: [],
    },
  ];

  for (const { does, play, code, says: mentions } of cases)
    it(`${does}: ${code}, and a retry goes on`, async () => {
      const before = treeState(root);
      model.trouble.set('ask 2', play);
      const { run } = await client.ask('runAsk', { path: 'a.txt', instruction: 'Change it.' });
      assertClear(await failureOf(client, run), code, ['test', ...mentions]);
      await answersStill(client);

      model.trouble.clear();
      await client.ask('runCommand', { run, command: 'retry' });
      await completes(client, run);
      assert.deepEqual(
        model.asked.filter((turn) => turn !== 'ask 2'),
        ['ask 0', 'ask 1'],
        'what was recorded is not asked for again',
      );
      const [plan] = (await client.ask('runShow', { run })).plans;
      assert.deepEqual([plan!.turns, plan!.problem], [3, null]);
      assert.deepEqual(treeState(root), before);
    });

  it('answers 429 and then is well: nobody notices', async () => {
    let refusals = 2;
    const tired = fails(429, 'rate_limit_error', 'slow down', { 'retry-after': '0' });
    model.trouble.set('ask 1', (response, seen) =>
      refusals-- > 0
        ? tired(response, seen)
        : says('compatible', edit('a.txt', 'old', 'new')[1]!)(response, seen),
    );
    const { run } = await client.ask('runAsk', { path: 'a.txt', instruction: 'Change it.' });
    await completes(client, run);
    assert.deepEqual(model.asked, ['ask 0', 'ask 1', 'ask 1', 'ask 1', 'ask 2']);
    assert.equal((await decide(client, run))['a.txt']?.result, 'written');
    assert.equal(readFileSync(path.join(root, 'a.txt'), 'utf8'), 'new\n');
  });

  it('is not there at all', async () => {
    const elsewhere = await startModel({});
    await elsewhere.close();
    const lost = await world.open({ root, ...modelAt(elsewhere) });
    const { run } = await lost.ask('runAsk', { path: 'a.txt', instruction: 'Change it.' });
    assertClear(await failureOf(lost, run), 'model.unreachable', ['test', 'ECONNREFUSED']);
    await answersStill(lost);
  });
});
