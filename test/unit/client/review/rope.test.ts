import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { Rope, type Edit, type Mark } from '../../../../client/review/rope';

const ten = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
const mark = (id: string, start: number, end = start): Mark => ({ id, start, end });
const edit = (line: number, from: number, endLine: number, to: number, text: string): Edit => ({
  range: { start: { line, character: from }, end: { line: endLine, character: to } },
  text,
});

/** Where marks are after edits, as `id start-end`, with `!` behind those that were changed. */
function check(marks: readonly Mark[], edits: readonly Edit[][], expected: string, lines = ten): Rope {
  const rope = new Rope(lines, marks);
  for (const event of edits) rope.apply(event);
  const found = rope.places().map((at) => `${at.id} ${at.start}-${at.end}${at.changed ? '!' : ''}`);
  assert.equal(found.join(', '), expected);
  return rope;
}

describe('the rope', () => {
  const two = [mark('a', 2, 4), mark('b', 6)];

  it('leaves marks where nothing happened', () => void check(two, [], 'a 2-4, b 6-6'));

  it('moves marks behind what is typed', () =>
    void check(two, [[edit(0, 0, 0, 0, 'x\r\ny\n')]], 'a 4-6, b 8-8'));

  it('does not move marks before what is typed', () =>
    void check(two, [[edit(8, 2, 9, 1, 'new\nlines\n\n')]], 'a 2-4, b 6-6'));

  it('makes a mark a person writes into a changed one', () => {
    const rope = new Rope(ten, two);
    assert.deepEqual(rope.apply([edit(3, 1, 3, 2, 'x')]), { changed: ['a'], healed: [] });
    assert.deepEqual(rope.apply([edit(3, 1, 3, 2, 'h')]), { changed: [], healed: ['a'] });
    assert.deepEqual(rope.apply([edit(0, 0, 1, 0, '')]), { changed: [], healed: [] });
  });

  it('knows whole lines put before a mark from text put into its first line', () => {
    check(two, [[edit(2, 0, 2, 0, 'new\n')]], 'a 3-5, b 7-7');
    check(two, [[edit(2, 0, 2, 0, 'new')]], 'a 2-4!, b 6-6');
    check(two, [[edit(1, 3, 1, 3, '\nnew')]], 'a 3-5, b 7-7');
    check(two, [[edit(4, 0, 4, 0, 'new')]], 'a 2-4, b 6-6');
    check(two, [[edit(1, 3, 2, 0, '')]], 'a 1-3!, b 5-5');
  });

  it('keeps a place between lines while text is typed around it, and says when lines are put exactly there', () => {
    check(two, [[edit(6, 0, 6, 0, 'x')]], 'a 2-4, b 6-6');
    check(two, [[edit(5, 4, 5, 4, 'x')]], 'a 2-4, b 6-6');
    check(two, [[edit(6, 0, 6, 0, 'x\n')]], 'a 2-4, b 6-6!');
    check(two, [[edit(5, 0, 7, 0, '')]], 'a 2-4, b 5-5!');
  });

  it('follows several cursors at once', () =>
    void check(
      [mark('a', 1, 2), mark('b', 4, 5), mark('c', 9, 10)],
      [[edit(8, 0, 8, 0, '\n'), edit(3, 0, 3, 0, '\n'), edit(0, 0, 0, 0, '\n')]],
      'a 2-3, b 6-7, c 12-13',
    ));

  it('knows the end of a text with and without a final line end', () => {
    check([mark('a', 9, 10)], [[edit(9, 4, 9, 4, '\n')]], 'a 9-10!');
    check([mark('a', 10, 10)], [[edit(0, 0, 0, 0, '\n')]], 'a 11-11', [...ten, '']);
  });

  it('keeps line separators apart', () => {
    const rope = check([mark('a', 2, 3)], [[edit(0, 0, 0, 0, 'a\r\nb\rc\n')]], 'a 5-6');
    assert.equal(rope.lineCount, 13);
    assert.ok(!rope.toString().includes('\r'));
    assert.ok(rope.toString('\r\n').startsWith('a\r\nb\r\nc\r\nzero\r\n'));
  });

  it('takes a mark outside of the text as changed instead of failing', () =>
    void check([mark('a', 3, 40)], [[edit(0, 0, 0, 0, 'x')]], 'a 3-10!'));

  it('agrees with a slow model over random edits', () => {
    const edits = fc.array(
      fc.record({ from: fc.nat(), length: fc.nat(6), text: fc.constantFrom('', 'x', '\n', 'a\nb', 'q\n') }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(edits, fc.nat(9), fc.nat(3), (steps, start, length) => {
        const end = Math.min(10, start + length);
        const rope = new Rope(ten, [mark('a', start, end)]);
        const holds = ten.slice(start, end).join('\n');
        let text = ten.join('\n');
        for (const step of steps) {
          const from = step.from % (text.length + 1);
          const to = Math.min(text.length, from + step.length);
          rope.apply([{ range: { start: position(text, from), end: position(text, to) }, text: step.text }]);
          text = text.slice(0, from) + step.text + text.slice(to);
          assert.equal(rope.toString(), text);
        }
        const [place] = rope.places();
        const lines = text.split('\n');
        assert.ok(place && place.start >= 0 && place.start <= place.end && place.end <= lines.length);
        // What is said to be unchanged holds what it was made for, whatever was typed.
        if (!place.changed) assert.equal(lines.slice(place.start, place.end).join('\n'), holds);
      }),
      { numRuns: process.env['SYMPHONY_TIER'] === 'long' ? 20_000 : 500 },
    );
  });
});

function position(text: string, offset: number): { line: number; character: number } {
  const lines = text.slice(0, offset).split('\n');
  return { line: lines.length - 1, character: lines.at(-1)!.length };
}
