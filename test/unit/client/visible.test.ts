import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { visible } from '../../../client/visible';

function check(input: string, expected: string, oneLine = false): void {
  assert.equal(visible(input, oneLine), expected);
}

describe('visible text', () => {
  it('leaves plain text of any language alone', () => {
    check('npm test -- --grep "größer" 测试 🎉', 'npm test -- --grep "größer" 测试 🎉');
  });

  it('writes out characters that reorder text', () => {
    check('rm \u202egnp.exe', 'rm ⟦RLO⟧gnp.exe');
    check('a\u2066b\u2069', 'a⟦U+2066⟧b⟦U+2069⟧');
  });

  it('writes out invisible characters', () => {
    check('cu\u200brl', 'cu⟦ZWSP⟧rl');
    check('\ufeffx\u00a0y\u3164z\u{e0041}', '⟦BOM⟧x⟦NBSP⟧y⟦U+3164⟧z⟦U+E0041⟧');
  });

  it('writes out control characters, terminal escapes among them', () => {
    check('a\u001b[2Kb\rc\u0000', 'a⟦ESC⟧[2Kb⟦U+000D⟧c⟦U+0000⟧');
  });

  it('keeps line breaks, or shows them in one line', () => {
    check('a\r\nb\n\tc', 'a\nb\n    c');
    check('a\r\nb', 'a ⏎ b', true);
  });

  it('never lets a control or format character through', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        (text) => !/[\p{Cf}\p{Cc}\p{Cs}]/u.test(visible(text, true)),
      ),
    );
  });
});
