import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { zstd } from '../../../server/base/node';
import {
  commentsOf,
  editText,
  formatMelody,
  formatText,
  readBinary,
  readMelody,
  updateText,
  validate,
  validateValue,
  writeBinary,
  type Path,
} from '../../../server/melody';
import { melodyEdge, shallowNode, type Melody } from '../../../schemas/melody';
import { arePlainPorts, isPlainEdge, isPlainNode } from '../../../server/melody/quick';
import { anyEdge, anyMelody, anyNode } from './arbitrary';

const runs = { numRuns: 1000 };

describe('Melodies of every form', function () {
  this.timeout(60_000);

  it('come back from text as they were, and their text is canonical', () => {
    fc.assert(
      fc.property(anyMelody, (melody) => {
        const text = formatMelody(melody);
        assert.deepEqual(JSON.parse(text), melody);
        assert.deepEqual(readMelody(text, 't').document, melody);
        assert.equal(formatText(text), text);
        assert.equal(formatText(JSON.stringify(melody)), text);
      }),
      runs,
    );
  });

  it('come back from bytes as they were', () => {
    fc.assert(
      fc.property(anyMelody, (melody) => {
        const read = readBinary(writeBinary(melody, 't', zstd), 't', zstd);
        assert.deepEqual(read.document, melody);
        assert.deepEqual(
          read.findings.map(({ problem }) => problem.code),
          validateValue(melody, 't').findings.map(({ problem }) => problem.code),
        );
      }),
      runs,
    );
  });

  it('are found faulty in the same way in every form, at places that are there', () => {
    fc.assert(
      fc.property(anyMelody, (melody) => {
        const text = formatMelody(melody);
        const lines = text.split('\n');
        const { findings } = readMelody(text, 't');
        const codes = (all: typeof findings) => all.map(({ problem }) => problem.code).sort();
        assert.deepEqual(codes(findings), codes(validate(melody, 't').findings));
        for (const { place } of findings) {
          assert.ok(place.line >= 1 && place.line <= lines.length);
          assert.ok(place.column >= 1 && place.column <= lines[place.line - 1]!.length);
        }
      }),
      runs,
    );
  });

  it('never make reading throw, whatever happens to their text', () => {
    const damage = fc.record({
      at: fc.nat(),
      length: fc.nat(20),
      text: fc.oneof(
        fc.string({ maxLength: 5 }),
        fc.constantFrom('{', '}', '[', ']', '"', ',', ':', '/*', '//', '\\', 'null', '"id":', '1e999'),
      ),
    });
    fc.assert(
      fc.property(anyMelody, fc.array(damage, { minLength: 1, maxLength: 4 }), (melody, damages) => {
        let text = formatMelody(melody);
        for (const { at, length, text: put } of damages) {
          const offset = at % text.length;
          text = text.slice(0, offset) + put + text.slice(offset + length);
        }
        const { melody: read, findings, document } = readMelody(text, 't');
        assert.ok(read !== undefined || findings.some(({ severity }) => severity === 'error'));
        if (document === undefined) assert.ok(findings.length > 0);
      }),
      runs,
    );
  });

  it('keep their comments under edits', () => {
    fc.assert(
      fc.property(anyMelody, anyMelody, fc.array(fc.nat(), { maxLength: 6 }), (before, after, marks) => {
        const text = commented(formatMelody(before), marks);
        assert.deepEqual(readMelody(text, 't').document, before);
        // A name, an added node, a removed edge: each leaves all comments outside of what goes away.
        const edits = [
          { path: ['name'] as Path, value: 'New' },
          {
            path: ['nodes', before.nodes.length] as Path,
            value: { id: 'new', kind: 'parallel' },
            insert: true,
          },
          { path: ['metadata', 'author'] as Path, value: 'me' },
        ];
        const edited = editText(text, edits, 't');
        assert.deepEqual(commentsOf(edited), commentsOf(text));
        const removed =
          before.edges.length > 0
            ? editText(edited, [{ path: ['edges', 0], value: undefined }], 't')
            : edited;
        const kept = new Set(commentsOf(removed));
        const lost = commentsOf(edited).filter((comment) => !kept.has(comment));
        assert.ok(
          lost.every((comment) => isInside(edited, comment)),
          lost.join(),
        );
        const { description: _, ...rest } = after;
        const next = { ...before, ...rest } as Melody;
        assert.deepEqual(readMelody(updateText(text, next, 't'), 't').document, stripped({ ...next }));
      }),
      { numRuns: 300 },
    );
  });

  it('change in one line where one value changes', () => {
    fc.assert(
      fc.property(anyMelody, fc.nat(), (melody, pick) => {
        fc.pre(
          melody.nodes.length > 0 && new Set(melody.nodes.map(({ id }) => id)).size === melody.nodes.length,
        );
        const at = pick % melody.nodes.length;
        const nodes = melody.nodes.map((node, index) => (index === at ? { ...node, name: 'Renamed' } : node));
        const text = formatMelody(melody);
        const [old, now] = [text.split('\n'), updateText(text, { ...melody, nodes }, 't').split('\n')];
        const untouched = new Set(now);
        const gone = old.filter((line) => !untouched.has(line));
        assert.ok(gone.length <= 1, gone.join('\n'));
      }),
      runs,
    );
  });

  it('are not called good at a glance when their schema refuses them', () => {
    const meddle = fc.tuple(
      fc.constantFrom(
        'id',
        'kind',
        'name',
        'from',
        'to',
        'inputs',
        'outputs',
        'position',
        'operator',
        'model',
        'extra',
        'when',
      ),
      fc.oneof(
        fc.constantFrom(
          undefined,
          null,
          0,
          '',
          'data',
          'x'.repeat(301),
          [],
          {},
          [{ name: 'a b', type: 'any' }],
          [{ name: 'a' }],
          [{ name: 'a', type: 'any', default: 1 }],
          { x: 1 },
          { x: 1, y: Infinity },
        ),
        fc.anything(),
      ),
    );
    fc.assert(
      fc.property(fc.oneof(anyNode, anyEdge), fc.array(meddle, { maxLength: 2 }), (value, changes) => {
        const meddled = { ...value, ...Object.fromEntries(changes) } as Record<string, unknown>;
        if (isPlainEdge(meddled)) assert.ok(melodyEdge.safeParse(meddled).success, JSON.stringify(meddled));
        const plain = (side: 'inputs' | 'outputs') =>
          meddled[side] === undefined || arePlainPorts(meddled[side], side);
        if (plain('inputs') && plain('outputs') && isPlainNode(meddled))
          assert.ok(shallowNode.safeParse(meddled).success, JSON.stringify(meddled));
      }),
      { numRuns: 3000 },
    );
  });
});

/** The text with a comment of its own at the ends of some lines and on some lines of their own. */
function commented(text: string, marks: readonly number[]): string {
  const lines = text.trimEnd().split('\n');
  marks.forEach((mark, index) => {
    const at = mark % lines.length;
    // Strings of one line hold no line breaks, so that the end of a line is outside of all strings.
    lines[at] = index % 2 === 0 ? `${lines[at]!} // end ${index}` : `/* before ${index} */\n${lines[at]!}`;
  });
  return `${lines.join('\n')}\n`;
}

/** Whether a comment stands within the first edge of a text. */
function isInside(text: string, comment: string): boolean {
  const start = text.lastIndexOf('"edges"');
  return text.indexOf(comment) > start;
}

/** As JSON would have it. */
const stripped = (melody: Melody): Melody => JSON.parse(JSON.stringify(melody)) as Melody;
