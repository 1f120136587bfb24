import * as z from 'zod/mini';
import { intBetween, textBetween, textUpTo } from '../wire/common';
import { about, named } from './about';

/** The longest expression, in characters. */
export const longestExpression = 2000;
export const expression = () => textBetween(1, longestExpression);

/** What happens to a value on its way. */
export const transform = about(
  z.discriminatedUnion('op', [
    z.strictObject({
      op: z.literal('map'),
      each: about(expression(), 'What becomes of each `item` of the list.'),
    }),
    z.strictObject({
      op: z.literal('filter'),
      keep: about(expression(), 'Whether an `item` of the list stays.'),
    }),
    z.strictObject({
      op: z.literal('reduce'),
      initial: about(z.json(), 'The `total` to begin with.'),
      next: about(expression(), 'The next `total`, from `total` and `item`.'),
    }),
    about(z.strictObject({ op: z.literal('flatten') }), 'A list of lists becomes one list.'),
    z.strictObject({
      op: z.literal('pick'),
      path: about(
        z.array(z.union([textUpTo(200), z.int().check(z.minimum(0))])).check(z.minLength(1), z.maxLength(32)),
        'Keys and indexes that lead to a part of the value.',
      ),
    }),
  ]),
  'What happens to the value on its way.',
);

const end = (text: string) => about(textBetween(1, 300), text);

export const dataEdge = about(
  z.strictObject({
    kind: z.literal('data'),
    from: end('The output the value comes from, as node.port.'),
    to: end('The input the value goes into, as node.port.'),
    transform: z.optional(transform),
  }),
  'A value flows from an output into an input.',
);

export const controlEdge = about(
  z.strictObject({
    kind: z.literal('control'),
    from: end('The node that comes first.'),
    to: end('The node that waits for it.'),
    priority: z.optional(
      about(intBetween(-1000, 1000), 'Higher goes first when places are short (default 0).'),
    ),
  }),
  'The second node waits for the first.',
);

export const conditionalEdge = about(
  z.strictObject({
    kind: z.literal('conditional'),
    from: end('The node that comes first.'),
    to: end('The node that runs only if the expression is true.'),
    when: about(expression(), 'Over `outputs`, the outputs of the first node by port.'),
    label: z.optional(about(textUpTo(100), 'What a person reads at the edge.')),
  }),
  'The second node runs after the first if the expression is true, and is skipped otherwise.',
);

export const melodyEdge = named(
  z.discriminatedUnion('kind', [dataEdge, controlEdge, conditionalEdge]),
  'edge',
  'A connection of two nodes of one level.',
);

export type Transform = z.infer<typeof transform>;
export type MelodyEdge = z.infer<typeof melodyEdge>;
export type DataEdge = z.infer<typeof dataEdge>;
