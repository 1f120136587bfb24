import * as z from 'zod/mini';
import { about, named } from '../melody/about';
import { intBetween, textBetween, textUpTo } from '../wire/common';

/** What a parameter can be. A `model` is written as provider/name, a `path` lies below the workspace folder. */
export const parameterTypes = [
  'text',
  'integer',
  'number',
  'boolean',
  'enum',
  'list',
  'object',
  'model',
  'path',
  'expression',
] as const;
export type ParameterType = (typeof parameterTypes)[number];

/** Names a person may write on a command line. */
export const parameterNamePattern = /^[a-z][A-Za-z0-9]*$/;
export const parameterName = () => textBetween(1, 60).check(z.regex(parameterNamePattern));

const length = () => intBetween(0, 100_000);

export const constraints = about(
  z.strictObject({
    minLength: z.optional(about(length(), 'Characters at least.')),
    maxLength: z.optional(about(length(), 'Characters at most.')),
    min: z.optional(about(z.number(), 'The smallest number.')),
    max: z.optional(about(z.number(), 'The greatest number.')),
    pattern: z.optional(
      about(textBetween(1, 500), 'A pattern (RE2) the whole text must fit; of a list, every text in it.'),
    ),
    oneOf: z.optional(
      about(
        z.array(z.json()).check(z.minLength(1), z.maxLength(200)),
        'The values there are to choose from.',
      ),
    ),
    minItems: z.optional(about(length(), 'Items at least.')),
    maxItems: z.optional(about(length(), 'Items at most.')),
  }),
  'What a value must keep to.',
);

export const widgets = [
  'text',
  'textarea',
  'number',
  'slider',
  'checkbox',
  'select',
  'list',
  'json',
  'file',
  'model',
] as const;

export const hints = about(
  z.strictObject({
    widget: z.optional(about(z.enum(widgets), 'What a form shows (default: what fits the type).')),
    placeholder: z.optional(about(textUpTo(300), 'Shown where nothing is written yet.')),
    help: z.optional(about(textUpTo(1000), 'Shown beside the field.')),
    group: z.optional(about(textUpTo(60), 'Fields of one group stand together.')),
    order: z.optional(about(intBetween(0, 1000), 'Lower comes first.')),
  }),
  'How a form shows it.',
);

export const parameter = named(
  z.strictObject({
    name: about(parameterName(), 'How placeholders and the command line name it.'),
    label: about(textBetween(1, 100), 'What a person reads.'),
    description: z.optional(textUpTo(1000)),
    type: about(z.enum(parameterTypes), 'What its values are.'),
    items: z.optional(
      about(z.enum(['text', 'integer', 'number', 'path']), 'What a list holds (default text).'),
    ),
    required: z.optional(about(z.boolean(), 'Whether a person must give it a value (default false).')),
    default: z.optional(about(z.json(), 'The value when none is given.')),
    constraints: z.optional(constraints),
    hints: z.optional(hints),
  }),
  'parameter',
  'What a person chooses when a Melody is made from the template.',
);
export type Parameter = z.infer<typeof parameter>;
export type Constraints = z.infer<typeof constraints>;
