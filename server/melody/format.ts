import { applyEdits, format, parse } from 'jsonc-parser';
import type { Json } from '../base';
import type { Melody } from '../../schemas/melody';
import { commentsOf } from './edit';
import { laidOut } from './layout';

/** The text of a Melody in its canonical layout, with a line break at its end. */
export function formatMelody(melody: Melody): string {
  return `${laidOut(melody as unknown as Json, '')}\n`;
}

/**
 * The canonical layout of a text that is JSON with comments. Where there are comments only white space changes, so
 * that each stays where its author put it; without them keys are ordered too.
 */
export function formatText(text: string): string {
  if (commentsOf(text).length === 0)
    return formatMelody(parse(text, [], { allowTrailingComma: true }) as Melody);
  const options = { insertSpaces: true, tabSize: 2, eol: '\n', keepLines: true, insertFinalNewline: true };
  return applyEdits(text, format(text, undefined, options));
}
