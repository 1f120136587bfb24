import * as z from 'zod/mini';
import { notification, request } from '../define';
import { empty, modelId, usage } from './common';

export const modelsList = request({
  method: 'models/list',
  direction: 'client→sidecar',
  doc: 'The providers and models that can be chosen, and what each still needs.',
  params: empty,
  result: z.object({
    chosen: z.nullable(modelId),
    providers: z.array(
      z.object({
        name: z.string(),
        label: z.string(),
        state: z.enum(['ready', 'needsKey', 'needsEditor', 'sampleOnly']),
        /** The environment variable the command line reads the key from. */
        variable: z.nullable(z.string()),
        /** Suggestions; any name the provider knows is accepted. */
        models: z.array(z.string()),
      }),
    ),
  }),
  errors: [],
  runs: 'read',
});

/**
 * What a model thought before a part of its reply, as some providers want it back with the next request.
 * `data` is the provider's own and opaque (signatures, encrypted content); the numbers say how much of
 * the reply's text and how many of its calls came before.
 */
export const thought = z.object({
  text: z.string(),
  data: z.json(),
  afterText: z.int(),
  afterCalls: z.int(),
});
export type Thought = z.infer<typeof thought>;

/** Chat messages in the shape both hops share; tool calls and results keep their ids. */
export const chatMessage = z.discriminatedUnion('role', [
  z.object({ role: z.literal('system'), text: z.string() }),
  z.object({ role: z.literal('user'), text: z.string() }),
  z.object({
    role: z.literal('assistant'),
    text: z.string(),
    calls: z.array(z.object({ id: z.string(), tool: z.string(), input: z.json() })),
    thoughts: z.optional(z.array(thought)),
  }),
  z.object({
    role: z.literal('tool'),
    results: z.array(z.object({ id: z.string(), tool: z.string(), text: z.string(), isError: z.boolean() })),
  }),
]);
export type ChatMessage = z.infer<typeof chatMessage>;

/** A tool as the model sees it; `schema` is JSON Schema of its input. */
export const toolSpec = z.object({
  name: z.string(),
  description: z.string(),
  schema: z.record(z.string(), z.json()),
});
export type ToolSpec = z.infer<typeof toolSpec>;

export const chatReply = z.object({
  text: z.string(),
  calls: z.array(z.object({ id: z.string(), tool: z.string(), input: z.json() })),
  thoughts: z.optional(z.array(thought)),
  usage,
  /** Why the model stopped: it is done, wants tools, or ran into its output limit. */
  finish: z.enum(['stop', 'tools', 'length']),
});
export type ChatReply = z.infer<typeof chatReply>;

export const lmList = request({
  method: 'lm/list',
  direction: 'sidecar→client',
  doc: 'Asks the editor which language models of its own it offers.',
  params: empty,
  result: z.object({
    models: z.array(z.object({ id: z.string(), label: z.string(), maxInputTokens: z.int() })),
  }),
  errors: [],
  runs: 'read',
});

export const lmChat = request({
  method: 'lm/chat',
  direction: 'sidecar→client',
  doc: 'Asks one of the editor’s own models; text arrives early through `lm/chunk` with the same stream number.',
  params: z.object({
    stream: z.int(),
    model: z.string(),
    messages: z.array(chatMessage),
    tools: z.array(toolSpec),
  }),
  result: chatReply,
  errors: ['model.unknown', 'model.unauthorized', 'model.rateLimited', 'model.serverError', 'model.rubbish'],
  runs: 'read',
});

export const lmChunk = notification({
  method: 'lm/chunk',
  direction: 'client→sidecar',
  doc: 'A piece of the text of a running `lm/chat`.',
  params: z.object({ stream: z.int(), text: z.string() }),
});
