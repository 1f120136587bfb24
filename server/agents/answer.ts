import { problem, type Clock, type Json } from '../base';
import { systemClock } from '../base/node';
import type { NodeContext } from '../engine/ports';
import type { ChatMessage, ChatReply, ToolSpec } from '../../schemas/wire';
import type { Model } from '../llm/types';
import { Budget } from './budget';
import { spentBy, type ModelStep } from './loop';
import { defineTool } from './tools/define';
import { objectOf, type FinishOutputs } from './tools';
import type { AgentOutcome, Limits } from './types';

/** One question to a model, without tools and without a worktree. */
export interface AnswerTask {
  /** What problems call the work. */
  readonly plan: string;
  readonly system: string;
  readonly instruction: string;
  readonly model: Model;
  readonly limits: Limits;
  /** Values to be answered, as JSON Schema by name; absent: the answer is text. */
  readonly outputs?: FinishOutputs;
}

/** An answer that does not fit is told what is wrong with it so often, before the node fails. */
const triesAllowed = 3;
const maxOutputTokens = 16_000;

/**
 * Asks a model once; where values are wanted and the answer does not fit them, again with what is wrong. Replies are
 * steps of `node`. `summary` is the text of the answer, `outputs` its values. Throws `model.*`, `agent.*Limit` and
 * `node.answer`.
 */
export async function runAnswer(
  node: NodeContext,
  task: AnswerTask,
  clock: Clock = systemClock,
): Promise<AgentOutcome> {
  const budget = new Budget(task.plan, task.limits);
  const form = task.outputs === undefined ? undefined : answerTool(task.outputs);
  const messages: ChatMessage[] = [
    { role: 'system', text: task.system },
    { role: 'user', text: task.instruction },
  ];
  for (;;) {
    const reply = await ask(node, task, budget, messages, form === undefined ? [] : [form.spec], clock);
    if (form === undefined) {
      if (reply.text.trim() !== '') return budget.outcome(reply.text.trim());
    } else {
      const read = form.read(reply);
      if ('value' in read) return { ...budget.outcome(reply.text.trim()), outputs: read.value };
      if (budget.turns >= triesAllowed)
        throw problem('node.answer', { node: task.plan, detail: read.detail });
      messages.push(
        { role: 'assistant', text: reply.text === '' ? '(nothing)' : reply.text, calls: [] },
        {
          role: 'user',
          text: `Your answer does not fit: ${read.detail}. Answer again, with the tool answer.`,
        },
      );
      continue;
    }
    if (budget.turns >= triesAllowed)
      throw problem('node.answer', { node: task.plan, detail: 'it is empty' });
    messages.push({ role: 'user', text: 'Your answer was empty. Answer with text.' });
  }
}

async function ask(
  node: NodeContext,
  task: AnswerTask,
  budget: Budget,
  messages: readonly ChatMessage[],
  tools: readonly ToolSpec[],
  clock: Clock,
): Promise<ChatReply> {
  const key = `model:${budget.turns + 1}`;
  if (!node.recorded(key)) budget.check();
  const work = async (): Promise<Json> => {
    const began = clock.monotonic();
    node.progress('thinking', { turn: budget.turns + 1 });
    const idempotencyKey = `${node.idempotencyKey}/${key}`;
    const request = { messages, tools, maxOutputTokens, idempotencyKey };
    const reply = await task.model.chat(node, request, () => undefined);
    return { reply, ms: Math.round(clock.monotonic() - began) } satisfies ModelStep as unknown as Json;
  };
  const { reply, ms } = (await node.step(key, work, spentBy)) as unknown as ModelStep;
  budget.took(reply.usage, ms);
  return reply;
}

type Read = { readonly value: Readonly<Record<string, Json>> } | { readonly detail: string };

/** The form of an answer: a tool the model calls with it; models that write JSON instead are understood too. */
function answerTool(outputs: FinishOutputs): { spec: ToolSpec; read(reply: ChatReply): Read } {
  const input = objectOf(outputs);
  const { spec } = defineTool({
    name: 'answer',
    description: 'Gives your answer. Call it once.',
    input,
    changesFiles: false,
    run: () => Promise.resolve({ text: '', isError: false }),
  });
  const read = (reply: ChatReply): Read => {
    const call = reply.calls.find(({ tool }) => tool === 'answer');
    const given: unknown = call === undefined ? jsonIn(reply.text) : call.input;
    if (given === undefined) return { detail: 'it is no JSON and does not call answer' };
    const parsed = input.safeParse(given);
    if (parsed.success) return { value: parsed.data as Readonly<Record<string, Json>> };
    const [issue] = parsed.error.issues;
    return { detail: `${issue!.path.map(String).join('.') || 'the answer'}: ${issue!.message}` };
  };
  return { spec, read };
}

/** The JSON of a text: all of it, or what stands between its outermost braces. */
function jsonIn(text: string): unknown {
  const [from, to] = [text.indexOf('{'), text.lastIndexOf('}')];
  try {
    return from === -1 || to < from ? undefined : JSON.parse(text.slice(from, to + 1));
  } catch {
    return undefined;
  }
}
