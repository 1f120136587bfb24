import * as z from 'zod/mini';
import { about, named } from '../melody/about';
import { expression, transform } from '../melody/edge';
import { melody } from '../melody/melody';
import { textBetween, textUpTo } from '../wire/common';
import { parameter, parameterName } from './parameter';

/** The version of the format this program reads and writes. */
export const templateFormat = 1;

/** Bounds of one template. */
export const templateLimits = { parameters: 100, placeholders: 1000, pathSteps: 40 } as const;

/** An id of a template: words of small letters, joined by dashes. */
export const templateIdPattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const semver = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;

const step = z.union([
  textBetween(1, 200),
  z.int().check(z.minimum(0)),
  about(z.strictObject({ id: textBetween(1, 200) }), 'The item of a list that has this id.'),
  about(z.strictObject({ name: textBetween(1, 200) }), 'The item of a list that has this name.'),
]);

export const placeholder = named(
  z.strictObject({
    parameter: about(parameterName(), 'Whose value goes in.'),
    path: about(
      z.array(step).check(z.minLength(1), z.maxLength(templateLimits.pathSteps)),
      'The way to the place in the Melody: keys, indexes, and items of lists by id or name.',
    ),
    transform: z.optional(
      z.union([
        transform,
        about(
          z.strictObject({ op: z.literal('value'), of: about(expression(), 'What goes in, from `item`.') }),
          'Another value is made of it.',
        ),
      ]),
    ),
  }),
  'placeholder',
  'Where the value of a parameter goes. The value takes the place whole; text is never cut into JSON.',
);

const heading = {
  $schema: z.optional(textUpTo(1000)),
  format: about(z.literal(templateFormat), 'The version of the format.'),
  id: about(
    textBetween(1, 100).check(z.regex(templateIdPattern)),
    'Names the template, the same in all its versions.',
  ),
  name: about(textBetween(1, 100), 'What a person reads.'),
  description: about(textBetween(1, 2000), 'What it is for, in a sentence or two.'),
  version: about(textUpTo(60).check(z.regex(semver)), 'The author’s version, for example 1.4.0.'),
  author: z.optional(textUpTo(200)),
  category: z.optional(textUpTo(60)),
  tags: z.optional(z.array(textBetween(1, 60)).check(z.maxLength(50))),
  parameters: z.array(parameter).check(z.maxLength(templateLimits.parameters)),
  placeholders: z.array(placeholder).check(z.maxLength(templateLimits.placeholders)),
};

/** A Melody with open places, the file `*.template.json`. */
export const template = named(
  z.strictObject({ ...heading, melody }),
  'template',
  'A template: a Melody, what a person chooses, and where it goes.',
);

/** A template whose Melody is looked at only when its places are filled. */
export const templateFrame = z.strictObject({ ...heading, melody: z.record(z.string(), z.unknown()) });

export type Placeholder = z.infer<typeof placeholder>;
export type PathStep = z.infer<typeof step>;
/** A template; its Melody may still lack what parameters bring. */
export type Template = z.infer<typeof templateFrame>;
