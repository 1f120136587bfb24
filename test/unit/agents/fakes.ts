import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Answer, NodeContext, QuestionDraft } from '../../../server/engine/ports';
import type { ChatRequest, Model } from '../../../server/llm';
import type { ChatReply } from '../../../schemas/wire';
import { silentLog, type Json } from '../../../server/base';

/** Thrown where a test lets the sidecar die. */
export class Crash extends Error {}

/** A journal of steps in memory that outlives the contexts made over it, with a crash at a chosen boundary. */
export class Steps {
  readonly recorded = new Map<string, string>();
  readonly asked: QuestionDraft[] = [];
  readonly told: string[] = [];
  /** Counts boundaries: before the work, after it but before the record, after the record. */
  boundary = 0;
  crashAt = -1;
  answer: string = 'allow';

  context(signal: AbortSignal = new AbortController().signal): NodeContext {
    const pass = () => {
      if (this.boundary++ === this.crashAt) throw new Crash();
    };
    return {
      signal,
      log: silentLog,
      run: 'run-1',
      node: 'plan-01-01',
      attempt: 1,
      idempotencyKey: 'run-1/plan-01-01/1',
      params: null,
      inputs: {},
      grant: {},
      variation: 'same',
      cleanup: signal,
      after: [],
      facts: {},
      output: () => undefined,
      recorded: (key) => this.recorded.has(key),
      step: async <T extends Json>(key: string, work: () => Promise<T>): Promise<T> => {
        const known = this.recorded.get(key);
        if (known !== undefined) return JSON.parse(known) as T;
        pass();
        const outcome = await work();
        pass();
        this.recorded.set(key, JSON.stringify(outcome));
        pass();
        return outcome;
      },
      ask: async (question): Promise<Answer> => {
        this.asked.push(question);
        return { answer: this.answer };
      },
      progress: (text) => void this.told.push(text),
    };
  }
}

/** A model that answers the n-th request of a conversation by its number of assistant messages. */
export function scriptOf(replies: readonly Partial<ChatReply>[], seen: ChatRequest[] = []): Model {
  return {
    id: 'scripted/test',
    scripted: true,
    chat: async (_ctx, request, onText) => {
      seen.push(structuredClone(request) as ChatRequest);
      const turn = request.messages.filter(({ role }) => role === 'assistant').length;
      const reply = replies[Math.min(turn, replies.length - 1)]!;
      onText(reply.text ?? '');
      return {
        text: '',
        calls: [],
        usage: { inputTokens: 10, outputTokens: 5, cachedTokens: 0, usd: 0.01 },
        finish: (reply.calls?.length ?? 0) > 0 ? 'tools' : 'stop',
        ...reply,
      };
    },
  };
}

let serial = 0;
export const call = (tool: string, input: Json) => ({ id: `c${serial++}`, tool, input: input as never });

/** A temporary folder that is removed afterwards. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'symphony-agents-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export type Files = Record<string, string>;

/** All files below a folder as Latin-1 text, so that every byte counts. */
export async function filesOf(folder: string): Promise<Files> {
  const found: Files = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) {
      const file = path.join(entry.parentPath, entry.name);
      found[path.relative(folder, file)] = await readFile(file, 'latin1');
    }
  return found;
}

export async function fill(folder: string, files: Files): Promise<void> {
  for (const entry of await readdir(folder))
    await rm(path.join(folder, entry), { recursive: true, force: true });
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.join(folder, path.dirname(name)), { recursive: true });
    await writeFile(path.join(folder, name), content, 'latin1');
  }
}
