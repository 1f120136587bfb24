/** Names that help more than a number, for characters people hide things with. */
const named: Readonly<Record<number, string>> = {
  0x1b: 'ESC',
  0x200b: 'ZWSP',
  0x202e: 'RLO',
  0xfeff: 'BOM',
  0xa0: 'NBSP',
};

/**
 * Text from a plan, a model or a program as a person must see it before agreeing to it: control characters,
 * invisible ones and those that reorder text are written out, so that what is read is what is run.
 *
 * `visible('ls\u202e')` is `'ls⟦RLO⟧'`. Line breaks are kept and tabs become four spaces unless `oneLine`, which
 * writes breaks as `⏎`.
 */
export function visible(text: string, oneLine = false): string {
  return text
    .replace(/\r\n/g, '\n')
    .replace(/\t/g, oneLine ? ' ' : '    ')
    .replace(/\n/g, oneLine ? ' ⏎ ' : '\n')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\u00a0\u3164\uffa0\u115f\u1160]|\p{Cs}/gu, (character) => {
      if (character === '\n') return character;
      const point = character.codePointAt(0) ?? 0;
      return `⟦${named[point] ?? `U+${point.toString(16).toUpperCase().padStart(4, '0')}`}⟧`;
    });
}
