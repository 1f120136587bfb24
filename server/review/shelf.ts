import { setImmediate } from 'node:timers/promises';
import { changeset as changesetSchema, type ChangedFile, type Changeset } from '../../schemas/wire/review';
import { problem, type Context, type Json } from '../base';
import type { FileDecision } from '../engine/state';
import type { FileUnits } from './algebra/units';
import { carryThreads } from './answers';
import { readBook, type Book } from './book/book';
import type { BookRecord } from './book/records';
import { carryOver, carryWhole } from './carry';
import { cutChangeset, readCuts, withText, writeCuts, type Cuts } from './cuts';
import type { Decider, DeciderPorts } from './decider/decider';
import type { Reviewed } from './decider/job';
import type { Offered } from './ports';
import type { UnitsNow } from './wishes';

/** A changeset in review: its files, what they are cut into, what was decided. */
export interface Review extends Reviewed {
  readonly offered: Offered;
  readonly cuts: Cuts;
  readonly units: UnitsNow;
}

export interface ReviewsPorts extends DeciderPorts {
  /** Decisions on whole files from before there were units, or of another sidecar's run. */
  readonly formerDecisions?: (offered: Offered) => readonly FileDecision[];
  /** What the agent of a run said at its end. */
  readonly summaryOf?: (offered: Offered) => string | undefined;
  /** Told after decisions were made on files of a changeset. */
  readonly onDecided?: (review: Review, paths: readonly string[]) => void;
}

/** The changesets that were looked at, each read and cut once. */
export class Shelf {
  private readonly contents = new Map<string, Promise<Changeset>>();
  private readonly opened = new Map<string, Promise<Review>>();

  constructor(
    private readonly ports: ReviewsPorts,
    private readonly decider: Decider,
  ) {}

  /** A changeset as it was offered, without decisions. Throws `review.unknown`, `data.corrupt`. */
  content(offered: Offered): Promise<Changeset> {
    let content = this.contents.get(offered.blob);
    if (content === undefined) {
      content = this.readContent(offered);
      this.contents.set(offered.blob, content);
      content.catch(() => this.contents.delete(offered.blob));
    }
    return content;
  }

  /** Opens a changeset for review; what a crash left unfinished is finished first. Throws `review.unknown`. */
  open(ctx: Context, changeset: string): Promise<Review> {
    let review = this.opened.get(changeset);
    if (review === undefined) {
      review = this.load(ctx, changeset);
      this.opened.set(changeset, review);
      review.catch(() => this.opened.delete(changeset));
    }
    return review;
  }

  private async load(ctx: Context, id: string): Promise<Review> {
    const { log, blobs } = this.ports;
    const offered = log.find(id);
    if (offered === undefined) throw problem('review.unknown', { changeset: id });
    const changeset = await this.content(offered);
    const cuts = await this.cutsOf(ctx, changeset);
    const book: Book = readBook(log.records(id));
    const cut = async (file: ChangedFile): Promise<FileUnits> => withText(file, cuts.get(file.path)!, blobs);
    const units: UnitsNow = (path) => book.unitsOf(path, cuts.get(path)?.units ?? []);
    const review: Review = { offered, changeset, cuts, book, cut, units };
    const carried = log.records(id).length === 0 ? await this.carried(ctx, review) : [];
    if (carried.length > 0) this.decider.append(review, carried);
    await this.decider.finish(ctx, review);
    return review;
  }

  /** What is known already of a changeset nobody decided on: from the version before it, or from its run. */
  private async carried(ctx: Context, review: Review): Promise<BookRecord[]> {
    const { offered } = review;
    if (offered.former !== null) {
      const former = await this.open(ctx, offered.former);
      const summary = this.ports.summaryOf?.(offered);
      const answer = summary === undefined ? undefined : { run: offered.run, summary };
      const threads = await carryThreads(this.ports.blobs, former, review, answer);
      return [carryOver(former, review), ...threads];
    }
    const decided = this.ports.formerDecisions?.(offered) ?? [];
    const own = decided.filter(({ changeset }) => changeset === offered.changeset);
    return own.length === 0 ? [] : [carryWhole(review, own)];
  }

  /** What a changeset is cut into, from the log where it is known. */
  private async cutsOf(ctx: Context, changeset: Changeset): Promise<Cuts> {
    const known = this.ports.log.units(changeset.changeset);
    const read = known === undefined ? undefined : readCuts(known);
    if (read !== undefined) return read;
    const cuts = await cutChangeset(ctx, changeset, this.ports.blobs);
    this.ports.log.keepUnits(changeset.changeset, writeCuts(cuts));
    return cuts;
  }

  private async readContent({ changeset, blob }: Offered): Promise<Changeset> {
    const bytes = await this.ports.blobs.get(blob);
    if (bytes === undefined) throw problem('review.unknown', { changeset });
    await setImmediate();
    return changesetSchema.parse(JSON.parse(new TextDecoder().decode(bytes)) as Json);
  }
}
