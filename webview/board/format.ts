/** Milliseconds as a clock: `0:07`, `12:05`, `1:02:03`. The same in every language. */
export function clockOf(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes}:${two(seconds % 60)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/** The same span as HTML's `datetime` of a duration, in whole seconds. */
export function durationOf(milliseconds: number): string {
  return `PT${Math.max(0, Math.floor(milliseconds / 1000))}S`;
}

/** US dollars with enough places that a cheap request does not read as free. */
export function dollarsOf(usd: number, language?: string): string {
  const digits = usd !== 0 && Math.abs(usd) < 0.1 ? 4 : 2;
  return new Intl.NumberFormat(language, {
    style: 'currency',
    currency: 'USD',
    minimumFractionDigits: 2,
    maximumFractionDigits: digits,
  }).format(usd);
}

export interface Piece {
  readonly text: string;
  /** The text stands for a character that would not be seen, or that would reorder what is seen. */
  readonly hidden: boolean;
}

// Controls, separators other than the space, private use, lone surrogates, letters that draw nothing, and
// everything Unicode lets a font ignore: bidirectional overrides, joiners, variation selectors, tags.
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/u;

/**
 * A command cut into what can be read as it stands and characters made visible as `⟨U+202E⟩`. Line
 * feeds stay, with a mark before them. A person approves these bytes, so nothing may hide.
 */
export function revealed(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let plain = '';
  for (const character of text) {
    if (!invisible.test(character)) {
      plain += character;
      continue;
    }
    if (plain !== '') pieces.push({ text: plain, hidden: false });
    plain = character === '\n' ? '\n' : '';
    pieces.push({ text: character === '\n' ? '⏎' : `⟨${codePoint(character)}⟩`, hidden: true });
  }
  if (plain !== '') pieces.push({ text: plain, hidden: false });
  return pieces;
}

/** Whether a text holds characters, line feeds apart, that would not be seen. */
export function hidesSomething(text: string): boolean {
  return revealed(text).some((piece) => piece.hidden && piece.text !== '⏎');
}

function codePoint(character: string): string {
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
}
