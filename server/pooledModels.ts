import { failed, ok, problemOf, type Clock, type Context, type Outcome } from './base';
import type { NodeContext } from './engine';
import { usdOf, type ChatRequest, type Gateway, type Model } from './llm';
import type { LiveCalls, Metrics } from './observe';
import type { Amount, Granted, PoolService, Scope } from './pool';
import type { LeasedModel } from './runs';

export interface PooledModelsOptions {
  readonly pool: PoolService;
  readonly gateway: Gateway;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly calls: LiveCalls;
}

/** Tokens of a request are no more than its bytes by this, until replies have told better. */
const fewestBytesPerToken = 2;
/** What is learned is believed with so much to spare. */
const margin = 1.25;
/** Roles and ends of messages cost tokens, too. */
const overhead = 500;

/**
 * Models as the work of nodes uses them: taken from the pool, paid for within the budgets before they are asked,
 * and each call counted, timed and remembered by the model's health.
 */
export class PooledModels {
  private readonly meters;
  private readonly bytesPerToken = new Map<string, number>();

  constructor(private readonly options: PooledModelsOptions) {
    const { metrics } = options;
    this.meters = {
      calls: metrics.counter('symphony_model_calls_total', {
        help: 'Requests to models; outcome is ok or the code of the problem.',
        labels: ['model', 'outcome'],
      }),
      time: metrics.histogram('symphony_model_call_ms', {
        help: 'How long models took to answer, retries included, in milliseconds.',
        unit: 'ms',
        labels: ['model'],
      }),
      tokens: metrics.counter('symphony_model_tokens_total', {
        help: 'Tokens of requests and replies.',
        labels: ['model', 'direction'],
      }),
      usd: metrics.counter('symphony_model_usd_total', {
        help: 'US dollars, where the price is known.',
        unit: 'USD',
        labels: ['model'],
      }),
    };
  }

  /** The model for the work of a node, until it is given back. Fails with `model.*`; throws `pool.*`. */
  async open(node: NodeContext, id: string): Promise<Outcome<LeasedModel>> {
    const { pool, gateway } = this.options;
    const opened = gateway.open(id);
    if (!opened.ok) return opened;
    const name = opened.value.id;
    if (pool.models.of(name).health === 'blacklisted') return failed('model.blacklisted', { model: name });
    const resource = `model:${name}`;
    pool.register({
      ...{ id: resource, kind: 'model', label: name },
      warm: () => gateway.prepare(name),
      // A request costs money: its uses tell how it is.
      probe: () => Promise.resolve(),
      cool: () => Promise.resolve(),
      memory: () => 0,
    });
    const lease = await pool.allocate(node, resource, 0, { workflow: workflowOf(node), run: node.run });
    return ok({
      ...opened.value,
      chat: (ctx, request, onText) => this.chat(ctx, opened.value, scopesOf(pool, node), request, onText),
      release: () => lease.release(),
    });
  }

  private async chat(
    ctx: Context,
    model: Model,
    scopes: readonly Scope[],
    request: ChatRequest,
    onText: (piece: string) => void,
  ) {
    const { pool, clock } = this.options;
    const bytes = bytesOf(request);
    const need = this.most(model.id, bytes, request.maxOutputTokens);
    const grant = await pool.budgets.grant(scopes, need, model.id);
    const [at, began] = [clock.now(), clock.monotonic()];
    let heard = 0;
    try {
      const reply = await model.chat(ctx, request, (piece) => {
        heard += piece.length;
        onText(piece);
      });
      const { inputTokens, outputTokens, usd } = reply.usage;
      grant.settle({ tokens: inputTokens + outputTokens, ...(usd === undefined ? {} : { usd }) });
      this.learn(model.id, bytes, inputTokens);
      this.answered(model.id, clock.monotonic() - began, inputTokens, outputTokens, usd);
      return reply;
    } catch (thrown) {
      settleFailed(grant, need, request, heard);
      this.failed(ctx, model.id, thrown, { key: request.idempotencyKey, at, ms: clock.monotonic() - began });
      throw thrown;
    }
  }

  /** What a request may consume at most. The dollars are absent where the price is not known. */
  private most(model: string, bytes: number, outputTokens: number): Partial<Amount> {
    const inputTokens = Math.ceil(bytes / (this.bytesPerToken.get(model) ?? fewestBytesPerToken)) + overhead;
    const [provider, name] = splitId(model);
    const usage = { inputTokens, outputTokens, cachedTokens: 0 };
    const usd = usdOf(provider, name, usage, inputTokens);
    return { tokens: inputTokens + outputTokens, ...(usd === undefined ? {} : { usd }) };
  }

  private learn(model: string, bytes: number, inputTokens: number): void {
    if (inputTokens <= overhead) return;
    const seen = bytes / inputTokens / margin;
    const known = this.bytesPerToken.get(model);
    this.bytesPerToken.set(model, known === undefined ? seen : Math.min(known, seen));
  }

  private answered(model: string, ms: number, inputTokens: number, outputTokens: number, usd?: number): void {
    const { pool } = this.options;
    pool.record(`model:${model}`, true, ms);
    pool.models.answered(model);
    this.meters.calls.with(model, 'ok').add();
    this.meters.time.with(model).observe(ms);
    this.meters.tokens.with(model, 'in').add(inputTokens);
    this.meters.tokens.with(model, 'out').add(outputTokens);
    if (usd !== undefined) this.meters.usd.with(model).add(usd);
  }

  private failed(
    ctx: Context,
    model: string,
    thrown: unknown,
    call: { readonly key: string; readonly at: number; readonly ms: number },
  ): void {
    const { pool, calls } = this.options;
    const { code } = ctx.signal.aborted ? { code: 'cancelled' } : problemOf(thrown);
    calls.add({ ...call, model, code });
    this.meters.calls.with(model, code).add();
    if (code === 'cancelled') return;
    pool.record(`model:${model}`, false, call.ms);
    if (pool.models.failed(model, thrown))
      ctx.log.warn('a model became less reliable', { model, health: pool.models.of(model).health });
  }
}

/** A reply that broke off half-way is billed as far as it came; what was never answered is not. */
function settleFailed(grant: Granted, need: Partial<Amount>, request: ChatRequest, heard: number): void {
  if (heard === 0) return grant.settle({});
  const all = need.tokens ?? 0;
  const tokens = Math.min(all, all - request.maxOutputTokens + Math.ceil(heard / fewestBytesPerToken));
  grant.settle({
    tokens,
    ...(need.usd === undefined ? {} : { usd: (need.usd * tokens) / Math.max(1, all) }),
  });
}

const bytesOf = ({ messages, tools }: ChatRequest): number =>
  Buffer.byteLength(JSON.stringify(messages)) + Buffer.byteLength(JSON.stringify(tools));

function splitId(id: string): readonly [provider: string, name: string] {
  const slash = id.indexOf('/');
  return [id.slice(0, slash), id.slice(slash + 1)];
}

/** What kind of work it is part of, by which later uses are foreseen. */
function workflowOf({ facts }: NodeContext): string {
  const { melody, phase } = facts;
  if (typeof melody === 'object' && melody !== null && 'id' in melody)
    return `melody ${String(melody['id'])}`;
  return typeof phase === 'string' ? 'phase' : 'ask';
}

function scopesOf(pool: PoolService, { run, facts }: NodeContext): readonly Scope[] {
  const { phase } = facts;
  const ofRun: Scope = { kind: 'run', id: run };
  return [pool.today(), ofRun, ...(typeof phase === 'string' ? [{ kind: 'phase' as const, id: phase }] : [])];
}
