import { strict as assert } from 'node:assert';
import type * as z from 'zod/mini';
import {
  clientRequests,
  lmChat,
  modelId,
  relativePath,
  sha256,
  workflow,
  workflowNode,
} from '../../../schemas';
import { panelMessage, panels } from '../../../schemas/panel';

/** What is wrong with a value, as people read it; empty when nothing is. */
const wrong = (schema: z.ZodMiniType, value: unknown): string =>
  (schema.safeParse(value).error?.issues ?? [])
    .map(({ path, message }) => [...path.map(String), message].join(': '))
    .join('; ');

const node = { id: 'a', kind: 'agent', title: '', after: [], resource: '', params: null, retries: 0 };
const limits = { turns: 1, tokens: 1000, usd: 0, minutes: 1, parallel: 64 };
const settings = { model: '', providers: [], limits };
const { settingsProvide, settingsAdjust, eventsSince, runAsk } = clientRequests;

describe('declared values', () => {
  const check = (what: string, schema: z.ZodMiniType, value: unknown, expected: string) =>
    it(`${what}: ${expected === '' ? 'accepted' : expected}`, () =>
      assert.equal(wrong(schema, value), expected));

  check('a hash', sha256, 'ab'.repeat(32), '');
  check('a hash in capitals', sha256, 'AB'.repeat(32), 'Invalid string: must match pattern /^[0-9a-f]{64}$/');
  check('a path', relativePath, 'src/a b.ts', '');
  check('no path', relativePath, '', 'Too small: expected string to have >=1 characters');
  check('an absolute path', relativePath, '/etc/passwd', 'not relative');
  check('a drive', relativePath, 'C:/x', 'not relative');
  check('a NUL', relativePath, 'a\0b', 'not relative');
  check('a climb', relativePath, 'a/../../b', 'climbs out of the workspace');
  check('dots in a name', relativePath, 'a..b/...', '');
  check('a long path', relativePath, 'a'.repeat(4097), 'Too big: expected string to have <=4096 characters');
  check('a model', modelId, 'editor/gpt-5', '');
  check('a model of nobody', modelId, 'gpt-5', 'Invalid string: must match pattern /^[a-z][a-z0-9-]*\\/.+$/');

  check('a node', workflowNode, node, '');
  check(
    'a node without a name',
    workflowNode,
    { ...node, id: '' },
    'id: Too small: expected string to have >=1 characters',
  );
  check(
    'many retries',
    workflowNode,
    { ...node, retries: 21 },
    'retries: Too big: expected number to be <=20',
  );
  check(
    'half a retry',
    workflowNode,
    { ...node, retries: 0.5 },
    'retries: Invalid input: expected int, received number',
  );
  check(
    'a resource that lets nothing run',
    workflow,
    { version: 0, title: '', nodes: [], limits: { agent: 0 } },
    'limits: agent: Too small: expected number to be >=1',
  );

  check('settings', settingsProvide.params, settings, '');
  check(
    'a limit of no tokens',
    settingsProvide.params,
    { ...settings, limits: { ...limits, tokens: 999 } },
    'limits: tokens: Too small: expected number to be >=1000',
  );
  check(
    'a base URL that is none',
    settingsProvide.params,
    { ...settings, providers: [{ name: 'mine', baseUrl: 'localhost' }] },
    'providers: 0: baseUrl: Invalid URL',
  );
  check('a day without a limit', settingsAdjust.params, { usdPerDay: 0, openTelemetry: '' }, '');
  check(
    'less than no tokens a day',
    settingsProvide.params,
    { ...settings, overall: { tokensPerDay: -1 } },
    'overall: tokensPerDay: Too small: expected number to be >=0',
  );
  check('a position', eventsSince.params, { position: 0, limit: 1000 }, '');
  check(
    'a position before the first',
    eventsSince.params,
    { position: -1, limit: 1 },
    'position: Too small: expected number to be >=0',
  );
  check('an instruction', runAsk.params, { path: 'a', instruction: 'x', lines: { from: 1, to: 1 } }, '');
  check(
    'line 0',
    runAsk.params,
    { path: 'a', instruction: 'x', lines: { from: 0, to: 1 } },
    'lines: from: Too small: expected number to be >=1',
  );
  check(
    'a chat of nobody',
    lmChat.params,
    { stream: 1, model: 'm', messages: [{ role: 'judge', text: '' }], tools: [] },
    "messages: 0: role: Invalid discriminator value. Expected 'system' | 'user' | 'assistant' | 'tool'",
  );

  check('a message of a panel', panelMessage, { id: 1, method: 'run/list' }, '');
  check(
    'a message with more than there is',
    panelMessage,
    { id: 1, method: '', extra: 1 },
    'Unrecognized key: "extra"',
  );
  check(
    'a plan without its run',
    panels.board.ui['ui/openPlan'],
    { plan: '01' },
    'run: Invalid input: expected string, received undefined',
  );

  it('gets what is absent', () =>
    assert.deepEqual(panelMessage.parse({ id: 1, method: 'x' }), { id: 1, method: 'x', params: {} }));
});
