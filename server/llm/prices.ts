import type { Usage } from '../../schemas/wire/common';

/** US dollars per million tokens. */
export interface Price {
  readonly input: number;
  readonly output: number;
  /** Input read from the provider's cache. */
  readonly cached: number;
}

/**
 * List prices as the providers' price pages gave them on 2025-11-20, without batch, long-context or
 * cache-writing surcharges; an estimate for the limit `symphony.limits.usd`, not a bill. A model that is
 * not in the table has no known price: its `usd` stays absent, and its money limit cannot be kept.
 */
const prices: readonly (readonly [provider: string, model: RegExp, price: Price])[] = [
  ['anthropic', /^claude-opus-4-[5-9]/, { input: 5, output: 25, cached: 0.5 }],
  ['anthropic', /^claude-opus-4/, { input: 15, output: 75, cached: 1.5 }],
  ['anthropic', /^claude-sonnet-4/, { input: 3, output: 15, cached: 0.3 }],
  ['anthropic', /^claude-haiku-4-5/, { input: 1, output: 5, cached: 0.1 }],
  ['openai', /^gpt-5(\.1)?(-codex)?$/, { input: 1.25, output: 10, cached: 0.125 }],
  ['openai', /^gpt-5(\.1-codex)?-mini$/, { input: 0.25, output: 2, cached: 0.025 }],
  ['openai', /^gpt-5-nano$/, { input: 0.05, output: 0.4, cached: 0.005 }],
  ['openai', /^gpt-4\.1$/, { input: 2, output: 8, cached: 0.5 }],
  ['openai', /^gpt-4\.1-mini$/, { input: 0.4, output: 1.6, cached: 0.1 }],
  ['openai', /^gpt-4o-mini/, { input: 0.15, output: 0.6, cached: 0.075 }],
  ['openai', /^gpt-4o/, { input: 2.5, output: 10, cached: 1.25 }],
  ['moonshot', /^kimi-k2-(0905|0711)-preview$/, { input: 0.6, output: 2.5, cached: 0.15 }],
  ['moonshot', /^kimi-k2-turbo-preview$/, { input: 1.15, output: 8, cached: 0.15 }],
  // Models on the person's own machine and the scripted one cost nothing.
  ['ollama', /./, { input: 0, output: 0, cached: 0 }],
  ['vllm', /./, { input: 0, output: 0, cached: 0 }],
  ['scripted', /./, { input: 0, output: 0, cached: 0 }],
];

/** What `usage` costs in US dollars, or undefined where the price is unknown. */
export function usdOf(provider: string, model: string, usage: Omit<Usage, 'usd'>): number | undefined {
  const price = prices.find(([name, pattern]) => name === provider && pattern.test(model))?.[2];
  if (price === undefined) return undefined;
  const fresh = Math.max(0, usage.inputTokens - usage.cachedTokens);
  return (
    (fresh * price.input + usage.cachedTokens * price.cached + usage.outputTokens * price.output) / 1_000_000
  );
}
