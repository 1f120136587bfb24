import type {
  LanguageModelV4FunctionTool,
  LanguageModelV4Prompt,
  SharedV4ProviderOptions,
} from '@ai-sdk/provider';
import type { ChatMessage, ToolSpec } from '../../schemas/wire/models';
import type { Json } from '../base';

/** Anthropic caches the prefix that ends at a marked message; other providers ignore the mark. */
const cacheHere = { providerOptions: { anthropic: { cacheControl: { type: 'ephemeral' as const } } } };

/** Every failed tool result begins so, because some wire formats have no field that says it failed. */
export const errorPrefix = 'Error: ';

/** Chat messages in the AI SDK's form. The system message and the newest one end cacheable prefixes. */
export function toPrompt(messages: readonly ChatMessage[]): LanguageModelV4Prompt {
  return messages.map((message, index): LanguageModelV4Prompt[number] => {
    const mark = message.role === 'system' || index === messages.length - 1 ? cacheHere : {};
    switch (message.role) {
      case 'system':
        return { role: 'system', content: message.text, ...mark };
      case 'user':
        return { role: 'user', content: [{ type: 'text', text: message.text }], ...mark };
      case 'assistant':
        return { role: 'assistant', content: assistantParts(message), ...mark };
      case 'tool':
        return {
          role: 'tool',
          content: message.results.map(({ id, tool, text, isError }) => ({
            type: 'tool-result' as const,
            toolCallId: id,
            toolName: tool,
            output: isError
              ? {
                  type: 'error-text' as const,
                  value: text.startsWith(errorPrefix) ? text : errorPrefix + text,
                }
              : { type: 'text' as const, value: text },
          })),
          ...mark,
        };
    }
  });
}

type Assistant = Extract<ChatMessage, { role: 'assistant' }>;
type AssistantParts = Extract<LanguageModelV4Prompt[number], { role: 'assistant' }>['content'];

/** Text, calls and thoughts in the order they came; providers verify that thoughts were not moved. */
function assistantParts({ text, calls, thoughts = [] }: Assistant): AssistantParts {
  const parts: AssistantParts = [];
  let written = 0;
  let called = 0;
  const upTo = (characters: number, count: number) => {
    if (characters > written) parts.push({ type: 'text', text: text.slice(written, characters) });
    written = Math.max(written, characters);
    for (const { id, tool, input } of calls.slice(called, count))
      parts.push({ type: 'tool-call', toolCallId: id, toolName: tool, input: asObject(input) });
    called = Math.max(called, count);
  };
  for (const thought of thoughts) {
    upTo(thought.afterText, thought.afterCalls);
    const providerOptions = thought.data as SharedV4ProviderOptions | null;
    parts.push({ type: 'reasoning', text: thought.text, ...(providerOptions ? { providerOptions } : {}) });
  }
  upTo(text.length, calls.length);
  // Providers refuse an assistant message without any content.
  return text === '' && calls.length === 0 ? [...parts, { type: 'text', text: '(no text)' }] : parts;
}

export function toTools(tools: readonly ToolSpec[]): LanguageModelV4FunctionTool[] {
  return tools.map(({ name, description, schema }) => ({
    type: 'function',
    name,
    description,
    inputSchema: schema as LanguageModelV4FunctionTool['inputSchema'],
  }));
}

/**
 * The input of a tool call as JSON. Text that is no JSON stays a string: no tool accepts a string, so the
 * model gets an error result that shows it what it sent, which mends more than failing the whole plan.
 */
export function parseInput(text: string): Json {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** Wire formats want an object as input of a call, even of one that was malformed when it came. */
function asObject(input: Json): Json {
  return typeof input === 'object' && input !== null && !Array.isArray(input) ? input : { malformed: input };
}
