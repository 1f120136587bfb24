import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { systemClock } from '../../../server/base/node';
import { Reviews, type Review, type ReviewsPorts } from '../../../server/review';
import { withEdits } from '../../../server/review/algebra/buffer';
import type { FileText } from '../../../server/review/algebra/units';
import { linesOf } from '../../../server/review/algebra/lines';
import { ctx } from '../git/fixture';
import { changesetOf, memoryBlobs, text, type Change } from './fixture';
import { memoryLog } from './memoryLog';
import { Fate, Killed, memoryTree } from './memoryTree';
import { freeLines, modelText, type OwnEdits } from './model';

const cases = process.env['SYMPHONY_TIER'] === 'long' ? 5000 : 200;
const seed = Number(process.env['SYMPHONY_SEED'] ?? 5);

type LineAct = 'keep' | 'replace' | 'remove' | 'insert';
interface Story {
  readonly form: 'lf' | 'crlf' | 'open' | 'utf16';
  readonly acts: readonly LineAct[];
  readonly steps: readonly Step[];
  readonly order: readonly number[];
}
type Step = readonly [
  (
    | 'keep'
    | 'drop'
    | 'undecide'
    | 'keepAll'
    | 'dropAll'
    | 'undo'
    | 'split'
    | 'edit'
    | 'lines'
    | 'inPlace'
    | 'before'
    | 'type'
    | 'buffer'
    | 'restart'
  ),
  /** Which unit, op or line it is about. */
  number,
  /** The moment the process is killed at; beyond a dozen it lives. */
  number,
];

const stories: fc.Arbitrary<Story> = fc.record({
  form: fc.constantFrom('lf', 'crlf', 'open', 'utf16'),
  acts: fc.array(fc.constantFrom<LineAct>('keep', 'keep', 'keep', 'replace', 'remove', 'insert'), {
    minLength: 14,
    maxLength: 14,
  }),
  steps: fc.array(
    fc.tuple(
      fc.constantFrom<Step[0]>(
        ...([
          'keep',
          'keep',
          'drop',
          'undecide',
          'keepAll',
          'dropAll',
          'undo',
          'undo',
          'split',
          'edit',
        ] as const),
        ...(['lines', 'inPlace', 'before', 'type', 'type', 'buffer', 'restart'] as const),
      ),
      fc.nat(40),
      fc.nat(40),
    ),
    { minLength: 1, maxLength: 14 },
  ),
  order: fc.array(fc.nat(40), { minLength: 8, maxLength: 8 }),
});

describe('any decisions in any order', () => {
  it('leave the files as a simple model says, and all taken back leave them as they were', async () => {
    await fc.assert(
      fc.asyncProperty(stories, async (story) => {
        const world = await World.of(story);
        for (const step of story.steps) await world.play(step);
        await world.takeEverythingBack(story.order);
      }),
      { numRuns: cases, seed },
    );
  }).timeout(600_000);
});

/** A changeset of one text and one file of each other kind, in a tree in memory. */
class World {
  private readonly own: OwnEdits = { replaced: new Map(), inserted: new Map() };
  private reviews!: Reviews;
  private typed = 0;

  private constructor(
    private readonly ports: ReviewsPorts,
    private readonly tree: ReturnType<typeof memoryTree>,
    private readonly fate: Fate,
    private readonly form: Story['form'],
    private readonly proposedText: FileText,
  ) {
    this.start();
  }

  static async of({ form, acts }: Story): Promise<World> {
    const lines = acts.map((_, i) => `line ${i}\n`);
    const proposed = acts.flatMap((act, i) => {
      if (act === 'remove') return [];
      if (act === 'replace') return [`agent ${i}\n`, `agent ${i} more\n`];
      return act === 'insert' ? [`agent before ${i}\n`, lines[i]!] : [lines[i]!];
    });
    const bytes = (all: readonly string[]) => formed(form, all.join(''));
    const sh = text('echo\n');
    const changes: Change[] = [
      { path: 'f', baseline: text(bytes(lines)), proposal: text(bytes(proposed)) },
      { path: 'new', baseline: null, proposal: text('new\n', '100755') },
      { path: 'gone', baseline: text('gone\n'), proposal: null },
      { path: 'name', from: 'old', baseline: text('a\nb\nc\n'), proposal: text('a\nb\nC\n') },
      { path: 'run.sh', baseline: sh, proposal: { ...sh, mode: '100755' } },
      { path: 'pixels', baseline: text(Buffer.from([0, 1])), proposal: text(Buffer.from([0, 2])) },
    ];
    const fate = new Fate();
    const tree = memoryTree(fate);
    for (const { path, from, baseline } of changes)
      if (baseline !== null)
        tree.files.set(from ?? path, { kind: 'file', bytes: baseline.bytes, executable: false });
    const blobs = memoryBlobs();
    const log = memoryLog();
    const changeset = await changesetOf(blobs, changes);
    const blob = await blobs.put(Buffer.from(JSON.stringify(changeset)));
    log.offer({ changeset: 'set-1', run: 'run-1', blob, at: 0, former: null });
    const append = log.append.bind(log);
    log.append = (...args) => {
      fate.moment();
      append(...args);
      fate.moment();
    };
    let last = 0;
    const ids = { next: (prefix: string) => `${prefix}-${++last}` };
    const ports = { tree, log, blobs, clock: { ...systemClock, now: () => 1000 }, ids };
    const review = await new Reviews(ports).open(ctx, 'set-1');
    const cut = await review.cut(review.changeset.files[0]!);
    const { mark, width, lines: before } = linesOf(bytes(lines));
    const none: FileText = { mark, width, before, after: [], adapted: false };
    return new World(ports, tree, fate, form, cut.text ?? none);
  }

  /** Does a step, in which the process may be killed; then everything must be as the record of decisions says. */
  async play(step: Step): Promise<void> {
    this.fate.arm(step[2]);
    try {
      await this.act(step);
    } catch (thrown) {
      if (!(thrown instanceof Killed)) throw thrown;
    }
    const killed = this.wasKilled();
    this.fate.disarm();
    if (killed) this.start();
    await this.reviews.recover(ctx);
    await this.check(step.join(' '));
  }

  async takeEverythingBack(order: readonly number[]): Promise<void> {
    for (let changed = true; changed;) {
      changed = false;
      const ops = [...(await this.review()).book.ops.values()]
        .filter(({ did }) => did !== 'undo')
        .map(({ op }) => op);
      for (const place of [...order, ...ops.keys()]) {
        const op = ops[place % Math.max(ops.length, 1)];
        if (op === undefined) continue;
        const { files, op: done } = await this.reviews.undo(ctx, { ...set, op, buffers: [] });
        changed ||= done !== null;
        assert.ok(
          files.every(
            ({ problem }) => problem === null || ['review.redecided', 'review.merged'].includes(problem.code),
          ),
        );
        await this.check(`undo ${op}`);
      }
    }
    const review = await this.review();
    for (const { path } of review.changeset.files)
      for (const { unit } of review.units(path))
        assert.equal(review.book.standing(path, unit).state, 'undecided');
    assert.equal(review.book.place.mode, 'before');
    const left = Object.fromEntries([...this.tree.files].map(([name, one]) => [name, one]));
    delete left['f'];
    const file = (content: string | Buffer) => ({
      kind: 'file',
      bytes: Uint8Array.from(Buffer.from(content)),
      executable: false,
    });
    const start = {
      gone: file('gone\n'),
      old: file('a\nb\nc\n'),
      'run.sh': file('echo\n'),
      pixels: file(Buffer.from([0, 1])),
    };
    const plain = Object.fromEntries(
      Object.entries(left).map(([name, one]) => [name, { ...one, bytes: Uint8Array.from(one.bytes) }]),
    );
    assert.deepEqual(plain, start);
  }

  private async act([what, which]: Step): Promise<void> {
    const review = await this.review();
    const all = review.changeset.files.flatMap(({ path }) =>
      review.units(path).map(({ unit }) => ({ path, unit })),
    );
    const chosen = [all[which % all.length]!, all[(which * 7) % all.length]!];
    const lines = review.units('f').filter(({ kind }) => kind === 'lines');
    const line = lines[which % Math.max(lines.length, 1)];
    switch (what) {
      case 'keep':
      case 'drop':
      case 'undecide': {
        const { op } = await this.reviews.decide(ctx, { ...set, decision: what, units: chosen, buffers: [] });
        const wanted = { keep: 'kept', drop: 'dropped', undecide: 'undecided' }[what];
        for (const { path, unit } of chosen)
          assert.equal(review.book.standing(path, unit).state, wanted, op ?? 'none');
        return;
      }
      case 'keepAll':
      case 'dropAll':
        return void (await this.reviews.decide(ctx, {
          ...set,
          decision: what === 'keepAll' ? 'keep' : 'drop',
          buffers: [],
        }));
      case 'undo': {
        const ops = [...review.book.ops.keys()];
        const op = ops[which % Math.max(ops.length, 1)];
        return op === undefined
          ? undefined
          : void (await this.reviews.undo(ctx, { ...set, op, buffers: [] }));
      }
      case 'split': {
        if (line === undefined) return;
        const at = [{ before: line.before.start, after: Math.min(line.after.start + 1, line.after.end) }];
        await this.reviews.split(ctx, { ...set, path: 'f', unit: line.unit, at }).catch(ignoreProblem);
        return;
      }
      case 'edit': {
        if (line === undefined) return;
        const edit = { ...set, path: 'f', unit: line.unit, text: `person ${which}\n`, buffers: [] };
        return void (await this.reviews.edit(ctx, edit));
      }
      case 'lines': {
        if (line === undefined) return;
        const added = line.after.end > line.after.start ? [line.after.start] : [];
        await this.reviews.keepLines(ctx, {
          ...set,
          path: 'f',
          unit: line.unit,
          added,
          removed: [],
          buffers: [],
        });
        return;
      }
      case 'inPlace':
      case 'before':
        return void (await this.reviews.place(ctx, { ...set, mode: what, buffers: [] }, () =>
          Promise.resolve('c'),
        ));
      case 'type':
        return this.type(review, which);
      case 'buffer':
        return this.decideInBuffer(review, which);
      case 'restart':
        return this.start();
    }
  }

  /** A person types between the hunks, and saves. */
  private type(review: Review, which: number): void {
    const free = freeLines(this.proposedText, review.cuts.get('f')!.units);
    const line = free[which % Math.max(free.length, 1)];
    if (line === undefined) return;
    const typed = formed(this.form, `person types ${this.typed++}\n`, false).toString('latin1');
    if (which % 2 === 0) this.own.inserted.set(line, typed);
    else this.own.replaced.set(line, typed);
    this.tree.files.set('f', { ...this.tree.files.get('f')!, bytes: this.expected(review) });
  }

  /** The file is open with a line that is not saved; the editor makes the edits, or does not. */
  private async decideInBuffer(review: Review, which: number): Promise<void> {
    const free = freeLines(this.proposedText, review.cuts.get('f')!.units);
    const line = free[which % Math.max(free.length, 1)];
    const unit = review.units('f')[which % Math.max(review.units('f').length, 1)];
    if (line === undefined || unit === undefined) return;
    const former = this.own.replaced.get(line);
    this.own.replaced.set(line, formed(this.form, `unsaved ${this.typed++}\n`, false).toString('latin1'));
    const shown = decoded(this.form, this.expected(review));
    if (former === undefined) this.own.replaced.delete(line);
    else this.own.replaced.set(line, former);
    const encoding = this.form === 'utf16' ? 'utf16le' : 'utf8';
    const decision = review.book.standing('f', unit.unit).state === 'kept' ? 'drop' : 'keep';
    const answer = await this.reviews.decide(ctx, {
      ...{ ...set, decision, units: [{ path: 'f', unit: unit.unit }] },
      buffers: [{ path: 'f', text: shown, encoding }],
    });
    const [file] = answer.files;
    if (file?.result !== 'edits') return;
    const applied = which % 3 !== 0;
    if (applied) {
      const saved = withEdits(shown, file.edits!);
      this.own.replaced.set(line, formed(this.form, `unsaved ${this.typed - 1}\n`, false).toString('latin1'));
      this.tree.files.set('f', {
        ...this.tree.files.get('f')!,
        bytes: formed(this.form, saved, true, false),
      });
    }
    await this.reviews.applied(ctx, { ...set, op: answer.op!, path: 'f', applied });
  }

  private async check(after: string): Promise<void> {
    const review = await this.review();
    const { book } = review;
    assert.deepEqual(book.open(), [], `${after}: nothing waits`);
    const f = this.tree.files.get('f')!;
    assert.equal(
      Buffer.from(f.bytes).toString('latin1'),
      Buffer.from(this.expected(review)).toString('latin1'),
      after,
    );
    const applied = (path: string, kind?: string): boolean => {
      const unit = review.units(path).find((one) => kind === undefined || one.kind === kind)!;
      const { state } = book.standing(path, unit.unit);
      return state === 'kept' || (state === 'undecided' && book.placeOf(path).mode === 'inPlace');
    };
    assert.equal(this.tree.files.has('new'), applied('new'), after);
    assert.equal(this.tree.files.has('gone'), !applied('gone'), after);
    assert.equal(this.tree.files.get('run.sh')!.executable, applied('run.sh'), after);
    assert.equal(this.tree.files.get('pixels')!.bytes[1], applied('pixels') ? 2 : 1, after);
    const name = applied('name', 'rename') ? 'name' : 'old';
    assert.equal(this.tree.files.has(name === 'name' ? 'old' : 'name'), false, after);
    const content = Buffer.from(this.tree.files.get(name)!.bytes).toString();
    assert.equal(content, applied('name', 'lines') ? 'a\nb\nC\n' : 'a\nb\nc\n', after);
  }

  /** What `f` should hold by the record of decisions and by what the person typed. */
  private expected(review: Review): Buffer {
    const { book } = review;
    const inPlace = book.placeOf('f').mode === 'inPlace';
    const end = formed(this.form, '\n', false).toString('latin1');
    const held = (this.ports.blobs as ReturnType<typeof memoryBlobs>).held;
    const done = ({ unit }: { unit: string }) => {
      const { state, edited } = book.standing('f', unit);
      if (state === 'kept' && edited !== null) return Buffer.from(held.get(edited)!).toString('latin1');
      return state === 'kept' || (state === 'undecided' && inPlace);
    };
    return Buffer.from(modelText(this.proposedText, review.units('f'), done, this.own, end), 'latin1');
  }

  private wasKilled(): boolean {
    try {
      this.fate.moment();
      return false;
    } catch {
      return true;
    }
  }

  private start(): void {
    this.reviews = new Reviews(this.ports);
  }

  private review(): Promise<Review> {
    return this.reviews.open(ctx, 'set-1');
  }
}

const set = { changeset: 'set-1' };

function ignoreProblem(thrown: unknown): void {
  if (thrown instanceof Killed) throw thrown;
}

/** A text as a file of a form has it; `whole` adds a mark and takes the final newline where the form says so. */
function formed(form: Story['form'], content: string, whole = true, convert = true): Buffer {
  if (form === 'crlf') return Buffer.from(convert ? content.replaceAll('\n', '\r\n') : content);
  if (form === 'utf16') return Buffer.from(whole ? `\ufeff${content}` : content, 'utf16le');
  return Buffer.from(form === 'open' && whole && convert ? content.replace(/\n$/, '') : content);
}

const decoded = (form: Story['form'], bytes: Buffer): string =>
  form === 'utf16' ? bytes.toString('utf16le').slice(1) : bytes.toString('utf8');
