import type { Usage } from '../../schemas/wire/common';

/** US dollars per million tokens. */
export interface Price {
  readonly input: number;
  readonly output: number;
  /** Input read from the provider's cache. */
  readonly cached: number;
  /** The price holds for requests of at most so many input tokens; absent means any. */
  readonly upTo?: number;
}

/** OpenAI's longer requests have a tariff of their own, which the table leaves out. */
const openaiShort = { upTo: 272_000 };

/**
 * Standard list prices, collected on 2026-11-20 from the providers' pages
 * (platform.claude.com/docs/en/about-claude/pricing, developers.openai.com/api/docs/pricing,
 * platform.kimi.ai/docs/pricing) and from published tables that quote them; promotions and batch discounts
 * are left out. They serve the limit `symphony.limits.usd` and an estimate beside a run, not a bill. A
 * model that is not in the table has no known price: its `usd` stays absent and its money limit cannot
 * be kept. The first row that fits is taken.
 */
const prices: readonly (readonly [provider: string, model: RegExp, price: Price])[] = [
  ['anthropic', /^claude-fable-5-1/, { input: 10, output: 50, cached: 0.25 }],
  ['anthropic', /^claude-fable-5$/, { input: 10, output: 50, cached: 1 }],
  ['anthropic', /^claude-opus-5-5/, { input: 4, output: 20, cached: 0.2 }],
  ['anthropic', /^claude-opus-(5$|4-[5-9])/, { input: 5, output: 25, cached: 0.5 }],
  ['anthropic', /^claude-opus-4/, { input: 15, output: 75, cached: 1.5 }],
  ['anthropic', /^claude-sonnet-5-5/, { input: 2, output: 10, cached: 0.1 }],
  ['anthropic', /^claude-sonnet-5$/, { input: 2, output: 10, cached: 0.2 }],
  ['anthropic', /^claude-sonnet-4/, { input: 3, output: 15, cached: 0.3 }],
  ['anthropic', /^claude-haiku-5-5/, { input: 0.1, output: 0.5, cached: 0.01, upTo: 100_000 }],
  ['anthropic', /^claude-haiku-5-5/, { input: 0.5, output: 2.5, cached: 0.05 }],
  ['anthropic', /^claude-haiku-4-5/, { input: 1, output: 5, cached: 0.1 }],
  ['openai', /^gpt-6-astra$/, { input: 10, output: 50, cached: 1, ...openaiShort }],
  ['openai', /^gpt-6\.1-sol$/, { input: 2, output: 10, cached: 0.1, ...openaiShort }],
  ['openai', /^gpt-6\.1-terra$/, { input: 1, output: 5, cached: 0.05, ...openaiShort }],
  ['openai', /^gpt-6-sol$/, { input: 2, output: 10, cached: 0.2, ...openaiShort }],
  ['openai', /^gpt-6-luna$/, { input: 0.1, output: 0.5, cached: 0.01, ...openaiShort }],
  ['openai', /^gpt-5\.6-sol$/, { input: 5, output: 30, cached: 0.5, ...openaiShort }],
  ['openai', /^gpt-5\.6-terra$/, { input: 2, output: 12, cached: 0.2, ...openaiShort }],
  ['openai', /^gpt-5\.6-luna$/, { input: 0.2, output: 1.2, cached: 0.02, ...openaiShort }],
  ['openai', /^gpt-5\.5$/, { input: 5, output: 30, cached: 0.5, ...openaiShort }],
  ['openai', /^gpt-5\.4$/, { input: 2.5, output: 15, cached: 0.25, ...openaiShort }],
  ['openai', /^gpt-5\.4-mini$/, { input: 0.75, output: 4.5, cached: 0.075, ...openaiShort }],
  ['openai', /^gpt-5\.4-nano$/, { input: 0.2, output: 1.25, cached: 0.02, ...openaiShort }],
  ['openai', /^gpt-5\.(2|2-codex|3-codex)$/, { input: 1.75, output: 14, cached: 0.175 }],
  ['openai', /^gpt-5(\.1)?(-codex)?$/, { input: 1.25, output: 10, cached: 0.125 }],
  ['openai', /^gpt-5(\.1-codex)?-mini$/, { input: 0.25, output: 2, cached: 0.025 }],
  ['openai', /^gpt-4\.1$/, { input: 2, output: 8, cached: 0.5 }],
  ['moonshot', /^kimi-k3$/, { input: 3, output: 15, cached: 0.3 }],
  // Models on the person's own machine and the scripted one cost nothing.
  ['ollama', /./, { input: 0, output: 0, cached: 0 }],
  ['vllm', /./, { input: 0, output: 0, cached: 0 }],
  ['scripted', /./, { input: 0, output: 0, cached: 0 }],
];

/** What writing to the provider's cache costs more than plain input: a quarter, for the shortest life. */
const cacheWriteSurcharge = 0.25;

/**
 * What one request's `usage` costs in US dollars, or undefined where the price is unknown.
 * `cacheWriteTokens` are those of the input that were written to the provider's cache.
 */
export function usdOf(
  provider: string,
  model: string,
  usage: Omit<Usage, 'usd'>,
  cacheWriteTokens = 0,
): number | undefined {
  const price = prices.find(
    ([name, pattern, { upTo = Infinity }]) =>
      name === provider && pattern.test(model) && usage.inputTokens <= upTo,
  )?.[2];
  if (price === undefined) return undefined;
  const fresh = Math.max(0, usage.inputTokens - usage.cachedTokens) + cacheWriteSurcharge * cacheWriteTokens;
  const sum = fresh * price.input + usage.cachedTokens * price.cached + usage.outputTokens * price.output;
  return sum / 1_000_000;
}
