/** What a turn says, in no provider's format. */
export interface Said {
  readonly thought?: string;
  readonly text?: string;
  readonly calls?: readonly { readonly id: string; readonly tool: string; readonly input: string }[];
  readonly finish?: 'stop' | 'length';
}

export type Event = readonly [name: string | null, data: object | string];

const half = (text: string): [string, string] => [
  text.slice(0, Math.floor(text.length / 2)),
  text.slice(Math.floor(text.length / 2)),
];

/** The three wire formats, each as the list of events a true server sends. */
export const formats = {
  anthropic: ({ thought, text, calls = [], finish }: Said): Event[] => {
    const events: Event[] = [
      [
        'message_start',
        {
          type: 'message_start',
          message: {
            id: 'msg_1',
            type: 'message',
            role: 'assistant',
            model: 'claude-sonnet-4-5',
            content: [],
            stop_reason: null,
            stop_sequence: null,
            usage: {
              input_tokens: 20,
              cache_creation_input_tokens: 0,
              cache_read_input_tokens: 80,
              output_tokens: 1,
            },
          },
        },
      ],
      ['ping', { type: 'ping' }],
    ];
    let index = 0;
    if (thought !== undefined) {
      const delta = (delta: object): Event => [
        'content_block_delta',
        { type: 'content_block_delta', index, delta },
      ];
      events.push(
        [
          'content_block_start',
          {
            type: 'content_block_start',
            index,
            content_block: { type: 'thinking', thinking: '', signature: '' },
          },
        ],
        delta({ type: 'thinking_delta', thinking: thought }),
        delta({ type: 'signature_delta', signature: 'signed' }),
        ['content_block_stop', { type: 'content_block_stop', index }],
      );
      index++;
    }
    if (text !== undefined) {
      events.push([
        'content_block_start',
        { type: 'content_block_start', index, content_block: { type: 'text', text: '' } },
      ]);
      for (const piece of half(text))
        events.push([
          'content_block_delta',
          { type: 'content_block_delta', index, delta: { type: 'text_delta', text: piece } },
        ]);
      events.push(['content_block_stop', { type: 'content_block_stop', index: index++ }]);
    }
    for (const call of calls) {
      events.push([
        'content_block_start',
        {
          type: 'content_block_start',
          index,
          content_block: { type: 'tool_use', id: call.id, name: call.tool, input: {} },
        },
      ]);
      for (const piece of half(call.input))
        events.push([
          'content_block_delta',
          { type: 'content_block_delta', index, delta: { type: 'input_json_delta', partial_json: piece } },
        ]);
      events.push(['content_block_stop', { type: 'content_block_stop', index: index++ }]);
    }
    const stop_reason = finish === 'length' ? 'max_tokens' : calls.length > 0 ? 'tool_use' : 'end_turn';
    events.push([
      'message_delta',
      { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 10 } },
    ]);
    events.push(['message_stop', { type: 'message_stop' }]);
    return events;
  },

  compatible: ({ thought, text, calls = [], finish }: Said): Event[] => {
    const base = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm' };
    const delta = (delta: object, finish_reason: string | null = null): Event => [
      null,
      { ...base, choices: [{ index: 0, delta, finish_reason }] },
    ];
    const reason = finish === 'length' ? 'length' : calls.length > 0 ? 'tool_calls' : 'stop';
    return [
      delta({ role: 'assistant', content: '' }),
      ...(thought === undefined ? [] : half(thought).map((piece) => delta({ reasoning_content: piece }))),
      ...(text === undefined ? [] : half(text).map((content) => delta({ content }))),
      ...calls.flatMap((call, index) => [
        delta({
          tool_calls: [
            { index, id: call.id, type: 'function', function: { name: call.tool, arguments: '' } },
          ],
        }),
        ...half(call.input).map((piece) =>
          delta({ tool_calls: [{ index, function: { arguments: piece } }] }),
        ),
      ]),
      delta({}, reason),
      [
        null,
        {
          ...base,
          choices: [],
          usage: {
            prompt_tokens: 100,
            completion_tokens: 10,
            total_tokens: 110,
            prompt_tokens_details: { cached_tokens: 80 },
          },
        },
      ],
      [null, '[DONE]'],
    ];
  },

  openai: ({ thought, text, calls = [], finish }: Said): Event[] => {
    let sequence_number = 0;
    const event = (type: string, data: object): Event => [
      type,
      { type, sequence_number: sequence_number++, ...data },
    ];
    const response = {
      id: 'resp_1',
      object: 'response',
      created_at: 1,
      status: 'in_progress',
      model: 'gpt-5',
      output: [],
    };
    const events: Event[] = [event('response.created', { response })];
    let output_index = 0;
    if (thought !== undefined) {
      const item = { id: 'rs_1', type: 'reasoning', summary: [] };
      const index = { item_id: 'rs_1', output_index, summary_index: 0 };
      events.push(
        event('response.output_item.added', { output_index, item: { ...item, encrypted_content: '' } }),
        event('response.reasoning_summary_part.added', index),
        event('response.reasoning_summary_text.delta', { ...index, delta: thought }),
        event('response.reasoning_summary_part.done', index),
        event('response.output_item.done', {
          output_index: output_index++,
          item: {
            ...item,
            summary: [{ type: 'summary_text', text: thought }],
            encrypted_content: 'sealed',
          },
        }),
      );
    }
    if (text !== undefined) {
      const item = { id: 'msg_1', type: 'message', role: 'assistant', status: 'in_progress', content: [] };
      events.push(event('response.output_item.added', { output_index, item }));
      for (const piece of half(text))
        events.push(
          event('response.output_text.delta', {
            item_id: 'msg_1',
            output_index,
            content_index: 0,
            delta: piece,
            logprobs: [],
          }),
        );
      events.push(
        event('response.output_item.done', {
          output_index: output_index++,
          item: { ...item, status: 'completed', content: [{ type: 'output_text', text, annotations: [] }] },
        }),
      );
    }
    for (const call of calls) {
      const item = {
        id: `fc_${call.id}`,
        type: 'function_call',
        call_id: call.id,
        name: call.tool,
        arguments: '',
      };
      events.push(
        event('response.output_item.added', { output_index, item: { ...item, status: 'in_progress' } }),
      );
      for (const delta of half(call.input))
        events.push(
          event('response.function_call_arguments.delta', { item_id: item.id, output_index, delta }),
        );
      events.push(
        event('response.output_item.done', {
          output_index: output_index++,
          item: { ...item, arguments: call.input, status: 'completed' },
        }),
      );
    }
    const usage = {
      input_tokens: 100,
      input_tokens_details: { cached_tokens: 80 },
      output_tokens: 10,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 110,
    };
    events.push(
      finish === 'length'
        ? event('response.incomplete', {
            response: {
              ...response,
              status: 'incomplete',
              incomplete_details: { reason: 'max_output_tokens' },
              usage,
            },
          })
        : event('response.completed', { response: { ...response, status: 'completed', usage } }),
    );
    return events;
  },
} as const;

export type Format = keyof typeof formats;
