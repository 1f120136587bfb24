/** What the tests of bad input share: small repositories, models that misbehave, and how a problem must look. */
import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { codes, fillText, type Code, type Problem, type RunState } from '../../../schemas';
import { fixtureGit } from '../../fixtures/make';
import {
  says,
  startProvider,
  type FakeProvider,
  type Play,
  type Said,
  type Seen,
} from '../../unit/llm/servers';
import { WireClient, type WireSettings } from './client';

/** Pauses of the gateway that a test can wait for. */
export const quickModel = { SYMPHONY_MODEL_PAUSE_MS: '5', SYMPHONY_MODEL_IDLE_MS: '400' };

/** Everything one suite made: it stops the sidecars and removes the folders. */
export class World {
  private readonly folders: string[] = [];
  private readonly clients: WireClient[] = [];
  readonly state = this.folder('state');

  folder(name: string): string {
    const made = realpathSync(mkdtempSync(path.join(os.tmpdir(), `symphony-bad-${name}-`)));
    this.folders.push(made);
    return made;
  }

  /** A folder made elsewhere, to be removed at the end. */
  adopt(folder: string): string {
    this.folders.push(folder);
    return folder;
  }

  /** A fresh folder with `files`. */
  plain(files: Readonly<Record<string, string | Buffer>>): string {
    const root = this.folder('tree');
    put(root, files);
    return root;
  }

  /** A fresh repository with `files` in one commit. */
  repository(files: Readonly<Record<string, string | Buffer>>): string {
    const root = this.plain(files);
    fixtureGit(root, 'init', '--quiet', '--initial-branch=main');
    fixtureGit(root, 'add', '--all');
    fixtureGit(root, 'commit', '--quiet', '--message', 'Begin');
    return root;
  }

  async open(settings: Partial<WireSettings> & { root: string }, since = 0): Promise<WireClient> {
    const client = await WireClient.open({ state: this.state, model: '', ...settings }, since);
    this.clients.push(client);
    return client;
  }

  /** A client let go of; its sidecar may be gone already. */
  forget(client: WireClient): void {
    this.clients.splice(this.clients.indexOf(client), 1);
    client.close();
  }

  async end(): Promise<void> {
    const last = new Map(this.clients.map((client) => [client.pid, client]));
    for (const client of this.clients) if (last.get(client.pid) !== client) client.close();
    for (const [pid, client] of last) {
      // Not awaited: one that was killed never answers.
      if (isAlive(pid)) void client.ask('sidecarStop', {}).catch(() => undefined);
      await eventually(() => !isAlive(pid), `sidecar ${pid} has ended`);
      client.close();
    }
    for (const folder of this.folders) rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes files below `root`, folders included. */
export function put(root: string, files: Readonly<Record<string, string | Buffer>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), content);
  }
}

/** Settings for a model of the test's own. */
export const modelAt = ({ baseUrl }: { baseUrl: string }): Pick<WireSettings, 'model' | 'providers'> => ({
  model: 'test/model',
  providers: [{ name: 'test', baseUrl }],
});

export interface ScriptedProvider extends FakeProvider {
  /** Turns asked for, as `plan turn`, in order; tries of one request count each. */
  readonly asked: string[];
  /** What every request for a turn gets instead of its answer, until it is removed. */
  readonly trouble: Map<string, Play>;
  /** Results of tools as the model was told them, newest request last. */
  results(): string[];
}

/** A model in OpenAI's format: turn n of a plan answers the request that holds n assistant messages. */
export async function startModel(
  script: Readonly<Record<string, readonly Said[]>>,
): Promise<ScriptedProvider> {
  const asked: string[] = [];
  const trouble = new Map<string, Play>();
  const provider = await startProvider([
    (response, seen) => {
      const messages = messagesOf(seen);
      const first = String(messages.find(({ role }) => role === 'user')?.content);
      const plan = /^Plan: (\S+)/.exec(first)?.[1] ?? '?';
      const turn = messages.filter(({ role }) => role === 'assistant').length;
      const name = `${plan} ${turn}`;
      asked.push(name);
      const said = script[plan]?.[turn] ?? { text: `nothing to say as ${name}` };
      (trouble.get(name) ?? says('compatible', said))(response, seen);
    },
  ]);
  const results = () =>
    messagesOf(provider.seen.at(-1)!).flatMap(({ role, content }) =>
      role === 'tool' ? [String(content)] : [],
    );
  return { ...provider, asked, trouble, results };
}

const messagesOf = (seen: Seen) => (seen.body['messages'] ?? []) as { role: string; content: unknown }[];

let calls = 0;

/** A turn that calls one tool. */
export const call = (tool: string, input: object | string): Said => ({
  calls: [{ id: `call_${++calls}`, tool, input: typeof input === 'string' ? input : JSON.stringify(input) }],
});

export const finish = (summary = 'Done.'): Said => call('finish', { summary });

/** Three turns that change one exact text of a file. */
export const edit = (file: string, find: string, replace: string): Said[] => [
  call('read_files', { files: [{ path: file }] }),
  call('replace', { path: file, edits: [{ find, replace }] }),
  finish(),
];

/**
 * Checks that a problem is of `code` and says so in one sentence that names `mentions`, with nothing left to
 * fill in and a way out.
 */
export function assertClear(found: Problem | null, code: Code, mentions: readonly string[] = []): void {
  assert.equal(found?.code, code, JSON.stringify(found));
  const { message, fix } = codes[code];
  const sentence = fillText(message, found!.args);
  const way = fillText(fix, found!.args);
  for (const text of [sentence, way]) {
    assert.ok(text.length > 10, text);
    assert.doesNotMatch(text, /\{\w+\}|undefined|\[object/, text);
  }
  for (const mention of mentions)
    assert.ok(sentence.includes(mention), `“${sentence}” does not name ${mention}`);
}

/** The problem a request is refused with; the wire's own message must be its sentence. */
export async function refusalOf(request: Promise<unknown>): Promise<Problem> {
  const thrown = await request.then(
    (result) => assert.fail(`not refused: ${JSON.stringify(result)}`),
    (reason: unknown) => reason as Error & { data?: { problem?: Problem } },
  );
  const found = thrown.data?.problem;
  if (found === undefined) throw thrown;
  assert.equal(thrown.message, fillText(codes[found.code].message, found.args));
  return found;
}

/** The run's problem once it has failed. */
export async function failureOf(client: WireClient, run: string): Promise<Problem | null> {
  assert.equal(await client.until(run, ended), 'failed');
  return (await client.ask('runShow', { run })).summary.problem;
}

export const ended: readonly RunState[] = ['completed', 'failed', 'cancelled', 'waiting'];

/** Waits for the end of a run, which must be a good one. */
export async function completes(client: WireClient, run: string): Promise<void> {
  const state = await client.until(run, ended);
  const { summary } = await client.ask('runShow', { run });
  assert.equal(state, 'completed', JSON.stringify(summary));
}

/** Whether the sidecar is well: it is the same process and it answers. */
export async function answersStill(client: WireClient): Promise<void> {
  const { pid } = await client.ask('sidecarStatus', {});
  assert.equal(pid, client.pid);
}

/** Accepts or rejects files of a run's changeset; what became of each by path. */
export async function decide(
  client: WireClient,
  run: string,
  decision: 'accept' | 'reject' = 'accept',
  paths?: string[],
): Promise<Record<string, { result: string; problem: Problem | null }>> {
  const { summary } = await client.ask('runShow', { run });
  assert.ok(summary.changeset, 'a changeset is offered');
  const { files } = await client.ask('reviewDecide', {
    changeset: summary.changeset,
    decision,
    dirty: [],
    ...(paths === undefined ? {} : { paths }),
  });
  return Object.fromEntries(files.map(({ path: file, result, problem }) => [file, { result, problem }]));
}

/** Everything of the user's that a run must not touch: bytes, modes and links, `.git` included. */
export function treeState(root: string): Record<string, string> {
  const found: Record<string, string> = {};
  const visit = (folder: string): void => {
    for (const name of readdirSync(folder).sort()) {
      const file = path.join(folder, name);
      const state = lstatSync(file);
      if (state.isDirectory()) visit(file);
      else if (state.isSymbolicLink()) found[path.relative(root, file)] = `→ ${readlinkSync(file)}`;
      else if (state.isFile())
        found[path.relative(root, file)] =
          `${state.mode.toString(8)} ${createHash('sha256').update(readFileSync(file)).digest('hex')}`;
    }
  };
  visit(root);
  return found;
}

/** The folder of everything the sidecar keeps about the client's workspace. */
export const dataFolder = (state: string, client: WireClient): string =>
  path.join(state, 'workspaces', client.attachment.workspace);

/** Names of a run's worktrees that are there. */
export function worktreesOf(state: string, client: WireClient, run: string): string[] {
  const folder = path.join(dataFolder(state, client), 'worktrees', run);
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Makes a folder one that nothing can be written to; gives the way back, undefined where that cannot be done here. */
export function makeReadOnly(folder: string): (() => void) | undefined {
  if (process.getuid?.() !== 0) {
    chmodSync(folder, 0o500);
    return () => chmodSync(folder, 0o700);
  }
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro,mode=700', 'tmpfs', folder], { stdio: 'pipe' });
    return () => void execFileSync('umount', ['--lazy', folder]);
  } catch {
    console.log('      skipped: nothing is read-only for root here');
    return undefined;
  }
}

/** Looks again and again until the condition holds. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs = 20_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export { processesIn } from './aftermath';
