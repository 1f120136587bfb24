import { problem, problemOf, stableStringify, type Clock, type Json } from '../base';
import { systemClock } from '../base/node';
import type { NodeContext } from '../engine/ports';
import type { Spending } from '../../schemas/journal/events';
import type { ChatMessage, ChatReply } from '../../schemas/wire';
import { Budget } from './budget';
import type { AgentOutcome, AgentTask, RunAgent, Tool, ToolResult } from './types';

/** The outcome of step `model:<n>` (n counts from 1): the reply, and how long the model took. */
export interface ModelStep {
  readonly reply: ChatReply;
  readonly ms: number;
}

/** What a reply consumed, as the journal keeps it. */
export function spentBy(step: Json): Spending {
  const { usage } = (step as unknown as ModelStep).reply;
  const tokens = usage.inputTokens + usage.outputTokens;
  return usage.usd === undefined ? { tokens } : { tokens, usd: usage.usd };
}

/** The outcome of step `tool:<n>:<i>`, the i-th call of reply n (i counts from 0). */
interface ToolStep {
  readonly text: string;
  readonly isError: boolean;
  /** The worktree's tree afterwards, where the tool may have changed it. */
  readonly tree?: string;
  readonly memory?: Json;
  readonly ms: number;
}

/** What an accepted finish said. */
interface End {
  readonly summary: string;
  readonly input: Json;
}

/** Output one reply may have; enough for a long file, and far below what providers allow at most. */
const maxOutputTokens = 16_000;
/** The same call so often in a row means the agent goes round in circles. */
const stuckAfter = 4;
/** Calls of unknown tools or with unreadable input in a row that are answered before the agent has given up. */
const badCallsAllowed = 8;
/** Replies without a call that are answered with a reminder before the agent has given up. */
const nudges = 2;

/** Runs agents by the system's clock. */
export const runAgent: RunAgent = createRunAgent(systemClock);

/**
 * The agent's loop: ask the model, do what it calls for in order, tell it the outcomes, until a `finish`
 * that is not vetoed. Replies and outcomes are steps of `node`, so a replay walks through the recorded ones
 * without asking or acting; before its first new step it brings the worktree to the tree recorded last.
 * Limits are counted from recorded steps and checked before each new request, so restarts do not reset
 * them. Throws `agent.*` and `model.*` problems.
 */
export function createRunAgent(clock: Clock): RunAgent {
  return (node, task) => new Agent(clock, node, task).run();
}

class Agent {
  private readonly messages: ChatMessage[];
  private readonly budget: Budget;
  private readonly tools: ReadonlyMap<string, Tool>;
  /** Tree of the last recorded outcome; null is the start. */
  private tree: string | null = null;
  private restored = false;
  private quiet = 0;
  private badCalls = 0;
  private same: { readonly call: string; times: number } = { call: '', times: 0 };

  constructor(
    private readonly clock: Clock,
    private readonly node: NodeContext,
    private readonly task: AgentTask,
  ) {
    this.messages = [
      { role: 'system', text: task.system },
      { role: 'user', text: task.instruction },
    ];
    this.budget = new Budget(task.plan, task.limits);
    this.tools = new Map(task.tools.map((tool) => [tool.spec.name, tool]));
  }

  async run(): Promise<AgentOutcome> {
    for (;;) {
      const reply = await this.ask();
      const { text, calls, thoughts } = reply;
      this.messages.push({ role: 'assistant', text, calls, ...(thoughts === undefined ? {} : { thoughts }) });
      const end = reply.calls.length > 0 ? await this.act(reply) : this.nudge(reply);
      if (end !== undefined) return { ...this.budget.outcome(end.summary), ...outputsOf(end.input) };
    }
  }

  /** The next reply: recorded, or asked for within the limits. */
  private async ask(): Promise<ChatReply> {
    const turn = this.budget.turns + 1;
    const key = `model:${turn}`;
    const { node } = this;
    if (!node.recorded(key)) {
      this.budget.check();
      await this.catchUp();
    }
    const ask = async () => {
      const began = this.clock.monotonic();
      node.progress('thinking', { turn });
      const request = {
        messages: this.messages,
        tools: this.task.tools.map(({ spec }) => spec),
        maxOutputTokens,
        idempotencyKey: `${node.idempotencyKey}/${key}`,
      };
      const reply = await this.task.model.chat(node, request, this.tellText(turn));
      return json<ModelStep>({ reply, ms: Math.round(this.clock.monotonic() - began) });
    };
    const step = await node.step(key, ask, spentBy);
    const { reply, ms } = step as unknown as ModelStep;
    this.budget.took(reply.usage, ms);
    return reply;
  }

  /** Does the calls of a reply in order; what the accepted finish said, or undefined to go on. */
  private async act(reply: ChatReply): Promise<End | undefined> {
    this.quiet = 0;
    const results: { id: string; tool: string; text: string; isError: boolean }[] = [];
    await this.tellTurn('before');
    for (const [index, call] of reply.calls.entries()) {
      const { id, tool, input } = call;
      const outcome = await this.do(`tool:${this.budget.turns}:${index}`, tool, input as Json, reply.finish);
      if (tool === 'finish' && !outcome.isError) {
        await this.tellTurn('after');
        return { summary: summaryOf(input as Json), input: input as Json };
      }
      results.push({ id, tool, text: outcome.text, isError: outcome.isError });
    }
    await this.tellTurn('after');
    this.messages.push({ role: 'tool', results });
    return undefined;
  }

  private async do(key: string, name: string, input: Json, finish: ChatReply['finish']): Promise<ToolStep> {
    const { node, task } = this;
    const tool = this.tools.get(name);
    this.noticeCircles(name, input);
    this.noticeBadCalls(tool, input);
    if (!node.recorded(key)) {
      this.budget.checkTime();
      await this.catchUp();
    }
    let ran = false;
    const step = await node.step(key, async () => {
      ran = true;
      const began = this.clock.monotonic();
      node.progress(sketch(name, input), { turn: this.budget.turns, tool: name });
      const { waitedMs = 0, ...result } =
        tool === undefined
          ? { text: `There is no tool ${name}. Tools: ${[...this.tools.keys()].join(', ')}.`, isError: true }
          : isObject(input)
            ? await guarded(tool, node, input)
            : { text: malformed(input, finish), isError: true };
      const ms = Math.max(0, Math.round(this.clock.monotonic() - began - waitedMs));
      const changed = tool?.changesFiles === true && isObject(input);
      return json<ToolStep>(
        changed ? { ...result, tree: await task.afterChange(node), ms } : { ...result, ms },
      );
    });
    const outcome = step as unknown as ToolStep;
    if (!ran && outcome.memory !== undefined) tool?.recall?.(outcome.memory);
    if (outcome.tree !== undefined) this.tree = outcome.tree;
    this.budget.spent(outcome.ms);
    return outcome;
  }

  private async tellTurn(side: 'before' | 'after'): Promise<void> {
    await this.task.turn?.(this.node, { number: this.budget.turns, side, tree: this.tree });
  }

  /** Before the first new step: the worktree may hold what a crash left half done. */
  private async catchUp(): Promise<void> {
    if (this.restored) return;
    await this.task.restore(this.node, this.tree);
    this.restored = true;
  }

  /** Reminds a model that talks instead of working; throws when it goes on so. */
  private nudge(reply: ChatReply): undefined {
    if (++this.quiet > nudges) {
      const said = reply.text.trim().slice(-300) || 'it said nothing';
      throw problem('agent.gaveUp', { plan: this.task.plan, detail: said });
    }
    this.messages.push({
      role: 'user',
      text:
        reply.finish === 'length'
          ? 'Your answer was cut off at its length limit. Go on in smaller steps, one tool call at a time.'
          : 'Go on with the tools. When the work is done, call finish with a summary.',
    });
  }

  private noticeCircles(tool: string, input: Json): void {
    const call = `${tool} ${stableStringify(input)}`;
    this.same = { call, times: call === this.same.call ? this.same.times + 1 : 1 };
    if (this.same.times >= stuckAfter)
      throw problem('agent.stuck', { plan: this.task.plan, tool, times: this.same.times });
  }

  private noticeBadCalls(tool: Tool | undefined, input: Json): void {
    this.badCalls = tool === undefined || !isObject(input) ? this.badCalls + 1 : 0;
    if (this.badCalls > badCallsAllowed) {
      const detail = `${this.badCalls} calls in a row named no tool or had unreadable input`;
      throw problem('agent.gaveUp', { plan: this.task.plan, detail });
    }
  }

  /** Tells watchers what the model says, at most four times a second. */
  private tellText(turn: number): (piece: string) => void {
    let said = '';
    let told = -Infinity;
    return (piece) => {
      said = (said + piece).slice(-400);
      if (this.clock.monotonic() - told < 250) return;
      told = this.clock.monotonic();
      this.node.progress(said.trim().split('\n').at(-1)?.slice(-160) ?? '', { turn, text: said });
    };
  }
}

/** A call in a few words, for watchers: the tool and what it is about. */
function sketch(name: string, input: Json): string {
  if (!isObject(input)) return name;
  const { path, command, pattern, files } = input as Record<string, unknown>;
  const first = Array.isArray(files) ? (files[0] as { path?: unknown } | undefined)?.path : undefined;
  const about = [path, command, pattern, first].find((one) => typeof one === 'string');
  return about === undefined ? name : `${name} ${String(about).split('\n', 1)[0]}`.slice(0, 160);
}

/** A tool that breaks is told to the model as an error, unless the work is being cancelled or a person's answer failed. */
async function guarded(tool: Tool, node: NodeContext, input: Json): Promise<ToolResult> {
  try {
    return await tool.run(node, input);
  } catch (thrown) {
    node.signal.throwIfAborted();
    const { code, args } = problemOf(thrown);
    if (code !== 'internal.unexpected') throw thrown;
    node.log.warn('a tool broke', { tool: tool.spec.name, detail: args['detail'] });
    return { text: `${tool.spec.name} failed: ${args['detail']}`, isError: true };
  }
}

function malformed(input: Json, finish: ChatReply['finish']): string {
  const why = finish === 'length' ? ' (your answer was cut off at its length limit)' : '';
  return `The input is not a JSON object${why}. It was: ${String(JSON.stringify(input)).slice(0, 500)}`;
}

function summaryOf(input: Json): string {
  const summary = isObject(input) ? input['summary'] : undefined;
  return typeof summary === 'string' ? summary : '';
}

function outputsOf(input: Json): Pick<AgentOutcome, 'outputs'> {
  const outputs = isObject(input) ? input['outputs'] : undefined;
  return outputs !== undefined && isObject(outputs) ? { outputs } : {};
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The step's outcome as the journal's JSON; types of the wire are JSON by construction. */
const json = <T extends object>(value: T): Json => value as unknown as Json;
