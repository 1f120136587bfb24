import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { ProblemError } from '../../../server/base';
import { fields, setField } from '../../../server/planning/edit/field';
import { markRequirement, requirementStates, tickPlan } from '../../../server/planning/edit/ticks';
import { normalPlanId } from '../../../server/planning/ids';
import { readRoadmap } from '../../../server/planning/roadmap';
import { decodeText, encodeText } from '../../../server/planning/text/bytes';
import type { Block } from '../../../server/planning/text/nodes';
import { parseMarkdown } from '../../../server/planning/text/parse';
import { type Splice, applySplices, invertSplices } from '../../../server/planning/text/splice';
import { type GeneratedTree, generateTree } from '../../planning/generator';

/** 10,000 sequences over the three properties with SYMPHONY_LONG, a tenth otherwise. */
const sequences = process.env['SYMPHONY_LONG'] ? 3_334 : 334;

interface Step {
  readonly pick: number;
  readonly value: string;
  readonly done: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  pick: fc.nat(1000),
  value: fc.oneof(
    fc.string({ maxLength: 30 }),
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.constantFrom(
      '',
      '—',
      'a | b',
      '**bold:** x',
      '- [ ] x',
      '# x',
      '<!-- x',
      '```',
      '<details>',
      '| a | b |',
      '---',
      '[██░░] 20%',
      'x: y',
      '\\',
    ),
  ),
  done: fc.boolean(),
});

/** The lines of `before` and of `after` that differ, beyond their common beginning and end. */
function changedLines(before: string, after: string): { removed: string[]; added: string[] } {
  const left = before.split('\n');
  const right = after.split('\n');
  let head = 0;
  while (head < Math.min(left.length, right.length) && left[head] === right[head]) head += 1;
  let tail = 0;
  while (tail < Math.min(left.length, right.length) - head && left.at(-1 - tail) === right.at(-1 - tail))
    tail += 1;
  return { removed: left.slice(head, left.length - tail), added: right.slice(head, right.length - tail) };
}

/**
 * Applies random edits one after the other. After each one `verify` looks at what changed, all are
 * undone at the end, and the bytes must be those of the beginning. Returns how many edits were made.
 */
function run<T>(
  path: string,
  targets: (blocks: readonly Block[], tree: GeneratedTree) => readonly T[],
  edit: (blocks: readonly Block[], target: T, step: Step) => readonly Splice[],
  verify: (before: string, after: string, target: T, step: Step) => void,
): void {
  let made = 0;
  const property = fc.property(
    fc.nat(100_000),
    fc.array(step, { minLength: 1, maxLength: 5 }),
    (seed, steps) => {
      const tree = generateTree(seed);
      const bytes = tree.files.get(path)!;
      const undo: Splice[][] = [];
      let text = decodeText(bytes);
      for (const one of steps) {
        const blocks = parseMarkdown(text);
        const all = targets(blocks, tree);
        if (all.length === 0) continue;
        const target = all[one.pick % all.length]!;
        let splices: readonly Splice[];
        try {
          splices = edit(blocks, target, one);
        } catch (error) {
          assert.ok(error instanceof ProblemError, String(error));
          continue;
        }
        const edited = applySplices(text, splices);
        verify(text, edited, target, one);
        undo.push(invertSplices(text, splices));
        text = edited;
        made += 1;
      }
      for (const splices of undo.reverse()) text = applySplices(text, splices);
      assert.deepEqual(encodeText(text), bytes);
    },
  );
  fc.assert(property, { numRuns: sequences });
  assert.ok(made > sequences, `only ${made} edits were made`);
}

describe('random edits', function () {
  this.timeout(process.env['SYMPHONY_LONG'] ? 300_000 : 20_000);

  it('of a field change that field alone', () => {
    run(
      'STATE.md',
      (_, tree) => Object.keys(tree.state),
      (blocks, name, { value }) => setField(blocks, { file: 'STATE.md', name, value }),
      (before, after, name, { value }) => {
        const { removed, added } = changedLines(before, after);
        assert.ok(added.length <= 1 && removed.length <= 2, `${removed.join('\n')} → ${added.join('\n')}`);
        if (added.length === 1) assert.ok(added[0]!.includes(name));
        const old = fields(parseMarkdown(before));
        const now = fields(parseMarkdown(after));
        assert.deepEqual(
          now.map((field) => field.name),
          old.map((field) => field.name),
        );
        const changed = now.filter((field, index) => field.value !== old[index]!.value);
        assert.ok(changed.length <= 1);
        for (const field of changed) assert.deepEqual([field.name, field.value], [name, value.trim()]);
      },
    );
  });

  it('of a plan change its box alone', () => {
    run(
      'ROADMAP.md',
      (blocks) => readRoadmap(blocks, 'ROADMAP.md').planRows.map((row) => row.id),
      (blocks, plan, { done }) => tickPlan(blocks, { file: 'ROADMAP.md', plan, done }),
      (before, after, plan, { done }) => {
        const { removed, added } = changedLines(before, after);
        assert.ok(removed.length <= 1 && added.length === removed.length);
        const old = readRoadmap(parseMarkdown(before), 'ROADMAP.md');
        const now = readRoadmap(parseMarkdown(after), 'ROADMAP.md');
        const expected = old.planRows.map((row) => (row.id === normalPlanId(plan) ? { ...row, done } : row));
        assert.deepEqual(now, { ...old, planRows: expected });
      },
    );
  });

  it('of a requirement change its box and its row alone', () => {
    run(
      'REQUIREMENTS.md',
      (blocks) => [...requirementStates(blocks).keys()],
      (blocks, id, { done }) => markRequirement(blocks, { file: 'REQUIREMENTS.md', id, done }),
      (before, after, id, { done }) => {
        const left = before.split('\n');
        const right = after.split('\n');
        assert.equal(left.length, right.length);
        const changed = left.filter((line, index) => line !== right[index]);
        assert.ok(changed.length <= 2 && changed.every((line) => line.toUpperCase().includes(id)));
        const old = requirementStates(parseMarkdown(before));
        const now = requirementStates(parseMarkdown(after));
        for (const [other, state] of old) {
          const expected =
            other === id
              ? {
                  ...state,
                  ...('ticked' in state ? { ticked: done } : {}),
                  ...('complete' in state ? { complete: done } : {}),
                }
              : state;
          assert.deepEqual(now.get(other), expected);
        }
      },
    );
  });
});
