import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { clockOf, dollarsOf, hidesSomething, revealed } from '../../../webview/board/format';
import { layOut } from '../../../webview/board/layout';
import { neighbourOf, type Direction } from '../../../webview/board/navigate';
import { fit, reveal, zoomAt, zoomLimits } from '../../../webview/board/viewport';

function checkRevealed(text: string, expected: string): void {
  assert.equal(
    revealed(text)
      .map((piece) => piece.text)
      .join(''),
    expected,
  );
}

describe('format', () => {
  it('shows time as a clock', () => {
    assert.deepEqual([-5, 0, 7_900, 725_000, 3_723_000].map(clockOf), [
      '0:00',
      '0:00',
      '0:07',
      '12:05',
      '1:02:03',
    ]);
  });

  it('never rounds a small cost to nothing', () => {
    assert.equal(dollarsOf(0.0042, 'en'), '$0.0042');
    assert.equal(dollarsOf(1.5, 'en'), '$1.50');
    assert.equal(dollarsOf(0, 'en'), '$0.00');
  });

  it('makes every hidden character of a command visible', () => {
    checkRevealed('npm test', 'npm test');
    checkRevealed('a\u202eb', 'a⟨U+202E⟩b');
    checkRevealed('a\u200b\u0007', 'a⟨U+200B⟩⟨U+0007⟩');
    checkRevealed('a\u00a0b', 'a⟨U+00A0⟩b');
    checkRevealed('a\r\nb', 'a⟨U+000D⟩⏎\nb');
    checkRevealed('\u{e0041}\ufe0f\u3164', '⟨U+E0041⟩⟨U+FE0F⟩⟨U+3164⟩');
    checkRevealed('größe 漢字 😀', 'größe 漢字 😀');
    assert.equal(hidesSomething('two\nlines'), false);
    assert.equal(hidesSomething('x\u2066y'), true);
  });
});

const diamond = layOut(
  ['a', 'b', 'c', 'd'].map((id) => ({ id, kind: 'agent' })),
  [
    { from: 'a', to: 'b' },
    { from: 'a', to: 'c' },
    { from: 'b', to: 'd' },
    { from: 'c', to: 'd' },
  ],
);

function checkMove(from: string, key: Direction, to: string | undefined): void {
  assert.equal(neighbourOf(diamond, from, key), to);
}

describe('arrow keys', () => {
  it('follow edges and columns', () => {
    checkMove('a', 'ArrowRight', 'b');
    checkMove('b', 'ArrowDown', 'c');
    checkMove('c', 'ArrowUp', 'b');
    checkMove('c', 'ArrowRight', 'd');
    checkMove('d', 'ArrowRight', undefined);
    checkMove('c', 'ArrowLeft', 'a');
    checkMove('c', 'Home', 'a');
    checkMove('a', 'End', 'd');
  });
});

describe('viewport', () => {
  it('keeps the point under the pointer where it is', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 10, noNaN: true }),
        fc.nat(1000),
        fc.nat(1000),
        (factor, x, y) => {
          const before = { zoom: 0.7, pan: { x: 33, y: -12 } };
          const after = zoomAt(before, factor, { x, y });
          assert.ok(after.zoom >= zoomLimits.min && after.zoom <= zoomLimits.max);
          const graphX = (x - before.pan.x) / before.zoom;
          assert.ok(Math.abs(graphX * after.zoom + after.pan.x - x) < 1e-6);
        },
      ),
    );
  });

  it('moves no more than needed to show a card', () => {
    const size = { width: 400, height: 300 };
    const card = { x: 500, y: 100, width: 100, height: 50 };
    assert.deepEqual(reveal({ zoom: 1, pan: { x: 0, y: 0 } }, card, size).pan, { x: -224, y: 0 });
    const seen = { zoom: 1, pan: { x: -300, y: 0 } };
    assert.equal(reveal(seen, card, size), seen);
    assert.equal(fit({ width: 4000, height: 100 }, size, true).zoom, 0.1);
    assert.equal(fit({ width: 0, height: 0 }, size).zoom, 1);
  });
});
