import type { LanguageModelV4, LanguageModelV4StreamPart, LanguageModelV4Usage } from '@ai-sdk/provider';
import type { ChatReply, Thought } from '../../schemas/wire/models';
import type { Usage } from '../../schemas/wire/common';
import { ProblemError, type Context } from '../base';
import { Fault, faultOf } from './faults';
import { parseInput, toPrompt, toTools } from './messages';
import { usdOf } from './prices';
import { withRetries, type RetryOptions } from './retry';
import { watchedFetch } from './watch';
import type { ChatRequest, Model } from './types';

export interface ChatOptions extends RetryOptions {
  readonly provider: string;
  /** The provider's own name of the model. */
  readonly name: string;
  readonly scripted: boolean;
  readonly fetch: typeof globalThis.fetch;
  /** No byte for so long is a silent model. */
  readonly idleMs: number;
  /** Makes the AI SDK's model over the watched fetch; keys are in its closure and nowhere else. */
  readonly connect: (fetch: typeof globalThis.fetch) => Promise<LanguageModelV4>;
  /** The key, to be masked in whatever a server sends back. */
  readonly secret: () => string | undefined;
}

/** An answer longer than this is no answer: 32 MiB of stream is far above any model's output limit. */
const maxAnswerBytes = 32 * 1024 * 1024;

/**
 * A model of a provider: one streamed turn per `chat`, retries inside and nowhere else, no tool loop.
 * Text of a try that fails half-way was announced through `onText` and comes again with the next try.
 */
export function chatModel(options: ChatOptions): Model {
  const { provider, name } = options;
  return {
    id: `${provider}/${name}`,
    scripted: options.scripted,
    chat: (ctx, request, onText) => {
      ctx.log.debug('asking the model', {
        model: `${provider}/${name}`,
        messages: request.messages.length,
        request: request.idempotencyKey,
      });
      return withRetries(ctx, options, () => oneTry(ctx, options, request, onText));
    },
  };
}

async function oneTry(
  ctx: Context,
  options: ChatOptions,
  request: ChatRequest,
  onText: (piece: string) => void,
): Promise<ChatReply> {
  const { provider, clock, idleMs } = options;
  const watched = watchedFetch(ctx.signal, options.fetch, {
    clock,
    provider,
    idleMs,
    maxBytes: maxAnswerBytes,
  });
  try {
    return await Promise.race([stream(options, request, onText, watched), watched.silence]);
  } catch (thrown) {
    // An abort that the watcher caused surfaces as an AbortError of fetch; its reason is the fault.
    const cause = watched.signal.reason instanceof Fault ? watched.signal.reason : thrown;
    if (cause instanceof ProblemError) throw cause;
    throw faultOf(unwrapped(cause), provider, clock.now(), hider(options.secret()));
  } finally {
    watched.end();
  }
}

async function stream(
  options: ChatOptions,
  request: ChatRequest,
  onText: (piece: string) => void,
  watched: { fetch: typeof globalThis.fetch; signal: AbortSignal },
): Promise<ChatReply> {
  const model = await options.connect(watched.fetch);
  const result = await model.doStream({
    prompt: toPrompt(request.messages),
    tools: toTools(request.tools),
    maxOutputTokens: request.maxOutputTokens,
    abortSignal: watched.signal,
    headers: { 'idempotency-key': request.idempotencyKey },
    // Nothing is kept at the provider; every request carries the whole conversation.
    providerOptions: { openai: { store: false } },
  });
  const reader = result.stream.getReader();
  const fold = new Turn(options, onText);
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return fold.reply();
    fold.take(value);
  }
}

/** The fold of one stream's parts into a reply. */
class Turn {
  private text = '';
  private readonly calls: ChatReply['calls'] = [];
  private readonly thoughts = new Map<string, Thought>();
  private end: Extract<LanguageModelV4StreamPart, { type: 'finish' }> | undefined;
  private failure: { readonly error: unknown } | undefined;

  constructor(
    private readonly options: ChatOptions,
    private readonly onText: (piece: string) => void,
  ) {}

  take(part: LanguageModelV4StreamPart): void {
    if (part.type === 'text-delta') {
      this.text += part.delta;
      if (part.delta !== '') this.onText(part.delta);
    } else if (part.type === 'tool-call') {
      this.calls.push({ id: part.toolCallId, tool: part.toolName, input: parseInput(part.input) as never });
    } else if (
      part.type === 'reasoning-start' ||
      part.type === 'reasoning-delta' ||
      part.type === 'reasoning-end'
    ) {
      this.think(part);
    } else if (part.type === 'finish') {
      this.end = part;
    } else if (part.type === 'error') {
      this.failure ??= { error: part.error };
    }
  }

  /** Thoughts are kept, never shown: some providers want them back word for word with the next request. */
  private think(part: Extract<LanguageModelV4StreamPart, { type: `reasoning-${string}`; id: string }>): void {
    const known = this.thoughts.get(part.id);
    this.thoughts.set(part.id, {
      text: (known?.text ?? '') + (part.type === 'reasoning-delta' ? part.delta : ''),
      data: (part.providerMetadata as Thought['data'] | undefined) ?? known?.data ?? null,
      afterText: known?.afterText ?? this.text.length,
      afterCalls: known?.afterCalls ?? this.calls.length,
    });
  }

  /** The reply; throws when the stream reported an error or stopped before its end. */
  reply(): ChatReply {
    if (this.failure !== undefined) throw this.failure.error;
    const reason = this.end?.finishReason;
    if (this.end === undefined || reason === undefined || reason.unified === 'interrupted')
      throw new Fault('model.cutOff', { provider: this.options.provider }, { tries: 4 });
    return {
      text: this.text,
      calls: this.calls,
      ...(this.thoughts.size === 0 ? {} : { thoughts: [...this.thoughts.values()] }),
      usage: usageOf(this.options, this.end.usage),
      finish: reason.unified === 'length' ? 'length' : this.calls.length > 0 ? 'tools' : 'stop',
    };
  }
}

function usageOf({ provider, name }: ChatOptions, used: LanguageModelV4Usage): Usage {
  const counted = {
    inputTokens: used.inputTokens.total ?? 0,
    outputTokens: used.outputTokens.total ?? 0,
    cachedTokens: used.inputTokens.cacheRead ?? 0,
  };
  const usd = usdOf(provider, name, counted, used.inputTokens.cacheWrite ?? 0);
  return usd === undefined ? counted : { ...counted, usd };
}

/** The fault hidden as a cause by the layers it went through, or the thing itself. */
function unwrapped(thrown: unknown): unknown {
  for (let at = thrown, depth = 0; at instanceof Error && depth < 6; at = at.cause, depth++)
    if (at instanceof Fault) return at;
  return thrown;
}

/** Masks the key, and what looks like one, in text that came from outside. */
function hider(secret: string | undefined): (text: string) => string {
  return (text) =>
    (secret === undefined || secret === '' ? text : text.replaceAll(secret, '[key]')).replace(
      /\b(sk|pk|key)-[\w*-]{6,}/g,
      '[key]',
    );
}
