import * as z from 'zod';

/**
 * What the scripted model answers, as a JSON file:
 *
 * ```json
 * { "name": "sample",
 *   "rules": [
 *     { "plan": "01-01",
 *       "turns": [
 *         { "say": "I read the code first.", "calls": [{ "tool": "read_files", "input": { "files": [{ "path": "src/a.js" }] } }] },
 *         { "expect": [{ "tool": "read_files", "contains": "function add" }],
 *           "calls": [{ "tool": "replace", "input": { "path": "src/a.js", "edits": [{ "find": "a - b", "replace": "a + b" }] } }] },
 *         { "expect": [{ "tool": "replace", "isError": false }],
 *           "calls": [{ "tool": "finish", "input": { "summary": "Fixed add." } }] } ] } ] }
 * ```
 *
 * A rule answers the conversation whose first user message begins with the line `Plan: <plan>` (or
 * `Plan: ask`). Turn number n answers the request that holds n assistant messages, so nothing is
 * remembered between requests and a restarted sidecar goes on where it was. `expect` is checked against
 * the results of the newest tool message: at least one result of `tool` must contain `contains` and be an
 * error or not, as `isError` says (errors begin with `Error: `). A request that fits no rule, has no turn
 * left, is not offered a tool the turn calls, or does not meet `expect` is answered with status 400.
 */
export const scriptSchema = z.strictObject({
  name: z.string().min(1),
  rules: z.array(
    z.strictObject({
      plan: z.string().min(1),
      turns: z
        .array(
          z.strictObject({
            expect: z
              .array(
                z.strictObject({
                  tool: z.string(),
                  contains: z.string().optional(),
                  isError: z.boolean().optional(),
                }),
              )
              .optional(),
            say: z.string().optional(),
            calls: z.array(z.strictObject({ tool: z.string(), input: z.json() })),
            /** Pause before the answer begins, so that watching people see something happen. */
            delayMs: z.number().int().min(0).max(60_000).optional(),
          }),
        )
        .min(1),
    }),
  ),
});
export type Script = z.infer<typeof scriptSchema>;
export type ScriptTurn = Script['rules'][number]['turns'][number];

/** The part of an OpenAI chat-completions request the scripted model looks at. */
export const completionRequest = z.object({
  model: z.string(),
  stream: z.literal(true),
  messages: z.array(
    z.object({
      role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
      content: z
        .union([z.string(), z.array(z.object({ type: z.string(), text: z.string().optional() }))])
        .nullish(),
      tool_calls: z
        .array(z.object({ id: z.string(), function: z.object({ name: z.string(), arguments: z.string() }) }))
        .optional(),
      tool_call_id: z.string().optional(),
    }),
  ),
  tools: z.array(z.object({ function: z.object({ name: z.string() }) })).optional(),
});
export type CompletionRequest = z.infer<typeof completionRequest>;

export interface Chosen {
  readonly plan: string;
  /** Which answer this is, counted from 0. */
  readonly turn: number;
  readonly answer: ScriptTurn;
}

/** The script's answer to a request, or a sentence saying why there is none. A function of the two alone. */
export function choose(script: Script, request: CompletionRequest): Chosen | string {
  const { messages } = request;
  const first = textOf(messages.find(({ role }) => role === 'user'));
  const plan = /^Plan: (\S+)/.exec(first)?.[1];
  if (plan === undefined) return 'the first user message does not begin with “Plan: <id>”';
  const rule = script.rules.find((each) => each.plan === plan);
  if (rule === undefined) return `the script ${script.name} has no rule for the plan ${plan}`;
  const turn = messages.filter(({ role }) => role === 'assistant').length;
  const answer = rule.turns[turn];
  if (answer === undefined)
    return `the plan ${plan} has ${rule.turns.length} turns and this is number ${turn + 1}`;
  const offered = new Set(request.tools?.map((tool) => tool.function.name));
  const missing = answer.calls.find(({ tool }) => !offered.has(tool));
  if (missing !== undefined) return `${plan}, turn ${turn + 1}: the tool ${missing.tool} is not offered`;
  const results = newestResults(messages);
  for (const wanted of answer.expect ?? []) {
    const met = results.some(
      ({ tool, text }) =>
        tool === wanted.tool &&
        (wanted.contains === undefined || text.includes(wanted.contains)) &&
        (wanted.isError === undefined || text.startsWith('Error: ') === wanted.isError),
    );
    if (!met) {
      const got = results.map(({ tool, text }) => `${tool}: ${text.slice(0, 200)}`).join(' | ') || 'nothing';
      return `${plan}, turn ${turn + 1}: expected ${JSON.stringify(wanted)}, got ${got}`;
    }
  }
  return { plan, turn, answer };
}

/** Results after the last assistant message, with the names its calls gave them. */
function newestResults(messages: CompletionRequest['messages']): { tool: string; text: string }[] {
  const last = messages.findLastIndex(({ role }) => role === 'assistant');
  if (last < 0) return [];
  const names = new Map(messages[last]!.tool_calls?.map((call) => [call.id, call.function.name]));
  return messages
    .slice(last + 1)
    .filter(({ role }) => role === 'tool')
    .map((message) => ({ tool: names.get(message.tool_call_id ?? '') ?? '', text: textOf(message) }));
}

function textOf(message: CompletionRequest['messages'][number] | undefined): string {
  const content = message?.content;
  if (typeof content === 'string') return content;
  return content?.map((part) => part.text ?? '').join('') ?? '';
}
