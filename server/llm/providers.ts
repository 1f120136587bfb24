import type { LanguageModelV4 } from '@ai-sdk/provider';

/** A provider Symphony knows by name. */
export interface BuiltIn {
  readonly label: string;
  /** Which of the three wire formats it speaks. */
  readonly speaks: 'anthropic' | 'openai' | 'compatible';
  readonly baseUrl: string;
  /** The environment variable of its key; null where none is needed. */
  readonly variable: string | null;
  /** Suggestions; any name the provider knows is accepted. */
  readonly models: readonly string[];
}

export const builtIns: ReadonlyMap<string, BuiltIn> = new Map<string, BuiltIn>([
  [
    'anthropic',
    {
      label: 'Anthropic',
      speaks: 'anthropic',
      baseUrl: 'https://api.anthropic.com/v1',
      variable: 'ANTHROPIC_API_KEY',
      models: ['claude-sonnet-5-5', 'claude-opus-5-5', 'claude-haiku-5-5'],
    },
  ],
  [
    'openai',
    {
      label: 'OpenAI',
      speaks: 'openai',
      baseUrl: 'https://api.openai.com/v1',
      variable: 'OPENAI_API_KEY',
      models: ['gpt-6.1-sol', 'gpt-6.1-terra', 'gpt-6-luna'],
    },
  ],
  [
    'moonshot',
    {
      label: 'Moonshot (Kimi)',
      speaks: 'compatible',
      baseUrl: 'https://api.moonshot.ai/v1',
      variable: 'MOONSHOT_API_KEY',
      models: ['kimi-k3', 'kimi-k2.7-code', 'kimi-k2.6'],
    },
  ],
  [
    'openrouter',
    {
      label: 'OpenRouter',
      speaks: 'compatible',
      baseUrl: 'https://openrouter.ai/api/v1',
      variable: 'OPENROUTER_API_KEY',
      models: ['anthropic/claude-sonnet-5.5', 'moonshotai/kimi-k3'],
    },
  ],
  [
    'ollama',
    {
      label: 'Ollama',
      speaks: 'compatible',
      baseUrl: 'http://127.0.0.1:11434/v1',
      variable: null,
      models: ['qwen3-coder', 'gpt-oss:20b'],
    },
  ],
  [
    'vllm',
    { label: 'vLLM', speaks: 'compatible', baseUrl: 'http://127.0.0.1:8000/v1', variable: null, models: [] },
  ],
]);

/** Loads the package of a wire format, which takes longer than making a model of it. */
export async function load(speaks: BuiltIn['speaks']): Promise<void> {
  if (speaks === 'anthropic') await import('@ai-sdk/anthropic');
  else if (speaks === 'openai') await import('@ai-sdk/openai');
  else await import('@ai-sdk/openai-compatible');
}

/**
 * The AI SDK's model for one wire format. Base URL, key and fetch are always given, so that the packages
 * have no reason to look into the environment; each is loaded when it is first needed.
 */
export async function connect(
  speaks: BuiltIn['speaks'],
  settings: {
    readonly provider: string;
    readonly model: string;
    readonly baseUrl: string;
    readonly apiKey: string | undefined;
    readonly fetch: typeof globalThis.fetch;
  },
): Promise<LanguageModelV4> {
  const { provider, model, baseUrl: baseURL, fetch } = settings;
  const apiKey = settings.apiKey ?? '';
  switch (speaks) {
    case 'anthropic': {
      const { createAnthropic } = await import('@ai-sdk/anthropic');
      return createAnthropic({ baseURL, apiKey, fetch }).languageModel(model);
    }
    case 'openai': {
      const { createOpenAI } = await import('@ai-sdk/openai');
      return createOpenAI({ baseURL, apiKey, fetch }).responses(model);
    }
    case 'compatible': {
      const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
      const settings = { baseURL, name: provider, fetch, includeUsage: true };
      return createOpenAICompatible(apiKey === '' ? settings : { ...settings, apiKey }).chatModel(model);
    }
  }
}
