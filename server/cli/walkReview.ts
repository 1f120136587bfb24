import type { Job } from './job';
import { sentences, type Style } from './output';
import type { sayDone } from './reviewOut';
import { changesetOf, showUnits } from './reviewOut';
import { exitCodes, word } from './texts';
import { cutAt, found, keysAt, nextOpen, wishOf, type Stop, type Wish } from './walk';
import { stopsOf } from './walkStops';
import type { Sidecar } from './wire';
import { problemOf } from '../base';

/** Goes through a changeset hunk by hunk and asks about each; without a person at the terminal it lists them. */
export async function walkReview(
  job: Job,
  id: string | undefined,
  paths: readonly string[],
): Promise<number> {
  if (!job.host.terminal.interactive || job.print.json) return showUnits(job, id, paths);
  const sidecar = await job.open();
  const changeset = await changesetOf(sidecar, id);
  if (changeset === undefined) {
    job.print.say('reviewNone');
    return exitCodes.done;
  }
  return new Walk(job, sidecar, changeset, paths).go();
}

class Walk {
  private stops: Stop[] = [];
  private at = 0;
  /** What was done, newest last; the sidecar takes each back by its name. */
  private readonly done: string[] = [];
  private failed = false;

  constructor(
    private readonly job: Job,
    private readonly sidecar: Sidecar,
    private readonly changeset: string,
    private readonly paths: readonly string[],
  ) {}

  async go(): Promise<number> {
    await this.look();
    let at = nextOpen(this.stops, -1);
    if (at === undefined) this.say('walkNothing');
    while (at !== undefined) {
      this.at = at;
      this.show();
      const wish = wishOf(await this.ask(), this.stops, this.at);
      if (wish.kind === 'quit') break;
      at = await this.grant(wish).catch((thrown: unknown) => {
        if (this.job.host.signal.aborted) throw thrown;
        this.failed = true;
        this.job.print.raw(`${sentences(problemOf(thrown))}\n`);
        return this.look().then(() => Math.min(this.at, this.stops.length - 1));
      });
    }
    const count = (state: string) => this.stops.filter(({ unit }) => unit.state === state).length;
    this.say('walkEnd', { kept: count('kept'), dropped: count('dropped'), open: count('undecided') });
    return this.failed ? exitCodes.failed : exitCodes.done;
  }

  /** Does what was asked for; answers where to go, or undefined when everything is decided. */
  private async grant(wish: Wish): Promise<number | undefined> {
    switch (wish.kind) {
      case 'decide':
        return this.decide(wish.decision, wish.stops);
      case 'go':
        return wish.to;
      case 'undo':
        return this.undo();
      case 'edit':
        return this.edit();
      case 'split':
        return this.split();
      case 'search': {
        const text = wish.text === '' ? await this.question('walkSearch') : wish.text;
        const place = found(this.stops, this.at, text);
        if (place === undefined) this.say('walkNotFound', { text });
        return place ?? this.at;
      }
      case 'none':
        this.say(`walk_${wish.why}`);
        if (wish.why === 'unknown') this.say('walkHelp');
        return this.at;
      default:
        this.say('walkHelp');
        return this.at;
    }
  }

  private async decide(decision: 'keep' | 'drop', stops: readonly Stop[]): Promise<number | undefined> {
    const units = stops.map(({ path, unit }) => ({ path, unit: unit.unit }));
    const { changeset } = this;
    return this.did(
      await this.sidecar.call('reviewDecideUnits', { changeset, decision, units, buffers: [] }),
    );
  }

  private async undo(): Promise<number | undefined> {
    const op = this.done.pop();
    if (op === undefined) {
      this.say('reviewNothingToUndo');
      return this.at;
    }
    const { changeset } = this;
    const before = this.stops.map(({ unit }) => `${unit.unit}${unit.state}`);
    const undone = await this.sidecar.call('reviewUndo', { changeset, op, buffers: [] });
    this.tell(undone);
    await this.look();
    // Back to what is open again.
    const again = this.stops.findIndex(
      ({ unit }) => unit.state === 'undecided' && !before.includes(`${unit.unit}undecided`),
    );
    return again < 0 ? this.at : again;
  }

  private async edit(): Promise<number | undefined> {
    const { path, unit, added } = this.stops[this.at]!;
    const { edit } = this.job.host;
    if (edit === undefined) {
      this.say('walkNoEditor');
      return this.at;
    }
    const text = await edit(added.map((line) => `${line}\n`).join(''), path);
    if (text === undefined) {
      this.say('walkNotEdited');
      return this.at;
    }
    const { changeset } = this;
    return this.did(
      await this.sidecar.call('reviewEdit', { changeset, path, unit: unit.unit, text, buffers: [] }),
    );
  }

  private async split(): Promise<number> {
    const stop = this.stops[this.at]!;
    const count = stop.removed.length + stop.added.length;
    const cut = cutAt(stop, count === 2 ? 2 : Number(await this.question('walkSplit', { count })));
    if (cut === undefined) {
      this.say('walkBadLine', { count });
      return this.at;
    }
    const { path, unit } = stop;
    const { changeset } = this;
    await this.sidecar.call('reviewSplit', { changeset, path, unit: unit.unit, at: [cut] });
    await this.look();
    return this.at;
  }

  private async did(done: Parameters<typeof sayDone>[1]): Promise<number | undefined> {
    this.tell(done);
    if (done.op !== null) this.done.push(done.op);
    const at = this.at;
    await this.look();
    return nextOpen(this.stops, at);
  }

  /** Only what did not simply work is worth a line here. */
  private tell({ files }: Parameters<typeof sayDone>[1]): void {
    for (const { path, problem } of files) {
      if (problem === null) continue;
      if (problem.code !== 'review.merged') this.failed = true;
      this.job.print.raw(`${path}: ${sentences(problem)}\n`);
    }
  }

  private async look(): Promise<void> {
    this.stops = await stopsOf(this.sidecar, this.changeset, this.paths);
  }

  private show(): void {
    const { print } = this.job;
    const { path, unit, removed, added, above, below, source } = this.stops[this.at]!;
    const first = unit.kind === 'lines' ? ` @@ -${unit.before.start + 1} +${unit.after.start + 1} @@` : '';
    print.styled(['path', `\n${path}`], ['place', first]);
    const facts = [
      ...(unit.kind === 'lines' ? [] : [word(unit.kind)]),
      ...unit.flags.map((flag) => `⚠ ${flag}`),
      ...(source === '' ? [] : [source]),
    ];
    if (facts.length > 0) print.styled(['plain', `  ${facts.join('  ')}`]);
    const say = (style: Style, sign: string, lines: readonly string[]) => {
      for (const line of lines) print.styled([style, `${sign}${line}`]);
    };
    say('plain', ' ', above);
    say('removed', '-', removed);
    say('added', '+', added);
    say('plain', ' ', below);
  }

  private ask(): Promise<string> {
    const { print } = this.job;
    const keys = keysAt(this.stops, this.at).join(',');
    const place = { at: this.at + 1, total: this.stops.length, keys };
    return this.job.host.terminal.question(
      print.colour('ask', print.text('walkQuestion', place)),
      this.job.host.signal,
    );
  }

  private question(name: 'walkSearch' | 'walkSplit', args: Record<string, number> = {}): Promise<string> {
    return this.job.host.terminal.question(this.job.print.text(name, args), this.job.host.signal);
  }

  private say(...[name, args]: Parameters<Job['print']['say']>): void {
    this.job.print.say(name, args);
  }
}
