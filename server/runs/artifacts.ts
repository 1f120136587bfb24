import path from 'node:path';
import type { RecordedEvent } from '../../schemas/journal/events';
import { changeset as changesetSchema } from '../../schemas/wire/review';
import { asName, type ArtifactStore, type NewArtifact } from '../artifacts';
import { problemOf, type Context, type Disposable, type Json } from '../base';
import { namedBlobs, type StoredJournal } from '../storage';
import type { Blobs } from '../engine';
import type { RunWorld } from './dependencies';
import { evidence, offerIn, type OfferOutput } from './facts';

/** Who keeps the bytes a run's events name. */
export const runHolder = (run: string): string => `run:${run}`;

/** Where a run stores bytes: they are its own from the commit that stores them. */
export const blobsOf = (world: RunWorld, run: string): Blobs =>
  world.artifacts?.holding(runHolder(run)) ?? world.blobs;

/** What says that everything of a run that has ended has its names. */
const lastName = 'run.json';

/** How a run can end. */
const ends: readonly string[] = ['RunCompleted', 'RunFailed', 'RunCancelled'];

/** What else names come from. */
const followed: readonly string[] = ['RunCreated', 'StepRecorded', 'NodeCompleted', 'NodeReused'];

type Journal = Pick<StoredJournal, 'read' | 'headings'>;

/**
 * Gives what runs make its names in the artifact store, after their events: the workflow, what each node that worked came to,
 * transcripts, verify outputs, changesets and the files they propose. It only follows the journal: what a crash
 * keeps it from is done at the next start, and what is done again leaves nothing twice.
 */
export class RunArtifacts implements Disposable {
  /** Events are followed one batch after the other. */
  private last: Promise<unknown> = Promise.resolve();
  private isOver = false;
  /** Runs of which something could not be named. */
  private readonly failed = new Set<string>();
  /** Where the steps of a node begin in its run. Nodes without any only pass values on, which the journal tells. */
  private readonly firstSteps = new Map<string, number>();

  constructor(
    private readonly ctx: Context,
    private readonly store: ArtifactStore,
    private readonly journal: Journal,
  ) {}

  /** Looks after runs whose naming was not completed. */
  recover(): void {
    for (const { run } of this.journal.headings()) {
      if (this.store.versions(run, lastName).length > 0) continue;
      this.later(run, () => this.follow(run, this.journal.read(run)));
    }
  }

  /** What has just become durable of a run. */
  take(run: string, events: readonly RecordedEvent[]): void {
    if (!events.some(({ event }) => followed.includes(event.type) || ends.includes(event.type))) return;
    // After a failure, while the store was starting again for example, the run is followed from its beginning.
    this.later(run, () => this.follow(run, this.failed.has(run) ? this.journal.read(run) : events));
  }

  /** Resolves when everything taken so far has its names. */
  async settled(): Promise<void> {
    await this.last;
  }

  dispose(): void {
    this.isOver = true;
  }

  private later(run: string, work: () => Promise<void>): void {
    this.last = this.last
      .then(async () => {
        if (this.isOver) return;
        await work();
        this.failed.delete(run);
      })
      .catch((thrown: unknown) => {
        this.failed.add(run);
        this.ctx.log.warn('artifacts of a run were not named', { run, ...problemOf(thrown) });
      });
  }

  private async follow(run: string, events: readonly RecordedEvent[]): Promise<void> {
    for (const { event, seq } of events) {
      if (this.isOver) return;
      const at = { run, facts: { seq } };
      if (event.type === 'RunCreated')
        await this.putJson(
          { ...at, name: 'workflow.json', type: 'workflow', tags: ['workflow'] },
          event.workflow,
        );
      const place = `${run}/${'node' in event ? event.node : ''}`;
      if (event.type === 'StepRecorded' && !this.firstSteps.has(place)) this.firstSteps.set(place, seq);
      if (event.type === 'NodeReused') await this.keep(run, event as unknown as Json);
      const since = event.type === 'NodeCompleted' && this.firstSteps.get(place);
      if (event.type === 'NodeCompleted' && typeof since === 'number') {
        this.firstSteps.delete(place);
        await this.completed(at, event, since);
      }
      if (ends.includes(event.type)) await this.end(at);
    }
  }

  private async completed(at: At, { node, attempt, output }: Completed, since: number): Promise<void> {
    const folder = `nodes/${asName(node, 400)}`;
    const of = { ...at, node, tags: [kindOf(node)] };
    await this.keep(at.run, output as Json);
    await this.putJson({ ...of, name: `${folder}/outcome.json`, type: 'outcome' }, output);
    await this.putTranscript(
      { ...of, name: `${folder}/transcript.json`, type: 'transcript' },
      attempt,
      since,
    );
    await this.putVerified({ ...of, name: `${folder}/verify.txt`, type: 'text' }, output as Json);
    const offer = offerIn(output as Json);
    if (offer !== undefined) await this.putChangeset({ ...at, node }, offer);
  }

  /** Keeps every content that a value names, so that it goes no earlier than the run. */
  private async keep(run: string, value: Json): Promise<void> {
    const hashes: string[] = [];
    for (const hash of namedBlobs(value)) if (await this.store.blobs.has(hash)) hashes.push(hash);
    if (hashes.length > 0) await this.store.hold(runHolder(run), hashes);
  }

  /** The steps of an agent are what it and its tools said to each other. */
  private async putTranscript(
    about: About & { node: string },
    attempt: number,
    since: number,
  ): Promise<void> {
    const { run, node } = about;
    const steps = this.journal
      .read(run, since - 1)
      .flatMap(({ event, at }) =>
        event.type === 'StepRecorded' && event.node === node && event.attempt === attempt
          ? [{ at, key: event.key, outcome: event.outcome }]
          : [],
      );
    await this.keep(run, steps as unknown as Json);
    await this.putJson(about, steps);
  }

  private async putVerified(about: About, output: Json): Promise<void> {
    const found = evidence.array().safeParse((output as { evidence?: unknown } | null)?.evidence);
    if (!found.success || found.data.length === 0) return;
    const text = found.data.map(
      ({ command, output: said, exitCode }) => `$ ${command}\n${said}\nexit code ${exitCode}\n`,
    );
    await this.put({ ...about, tags: [...about.tags, 'verify'] }, text.join('\n'));
  }

  private async putChangeset(at: At & { readonly node: string }, { blob }: OfferOutput): Promise<void> {
    const bytes = await this.store.get(blob);
    if (bytes === undefined) return;
    const { files } = changesetSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
    const sides = files.flatMap(({ baseline, proposal }) =>
      [baseline, proposal].filter((one) => one !== null),
    );
    const inputs = [...new Set(sides)];
    await this.store.hold(runHolder(at.run), [blob, ...inputs]);
    for (const { path: name, baseline, proposal, plans } of files) {
      const proposed = proposal === null ? undefined : await this.store.get(proposal);
      if (proposed === undefined) continue;
      const tags = ['proposal', ...plans.map((plan) => `plan:${asName(plan, 90)}`).slice(0, 40)];
      const from = baseline === null ? [] : [baseline];
      await this.put({ ...at, name, type: typeOf(name), tags, inputs: from }, proposed);
    }
    const about = { ...at, name: 'changeset.json', type: 'changeset', tags: ['changeset'] };
    await this.put({ ...about, inputs: inputs.slice(0, 1000) }, bytes);
  }

  private async end(at: At): Promise<void> {
    const heading = this.journal.headings().find(({ run }) => run === at.run);
    if (heading === undefined) return;
    const { run, title, kind, state, createdAt, endedAt } = heading;
    const about = { ...at, name: lastName, type: 'run', tags: ['run', state] };
    await this.putJson(about, { run, title, kind, state, createdAt, endedAt });
  }

  private putJson(about: About, value: unknown): Promise<void> {
    return this.put(about, JSON.stringify(value, null, 1));
  }

  /** Puts a version, unless one of this event or a later one is there: events may be followed more than once. */
  private async put(about: About, content: string | Uint8Array): Promise<void> {
    const name = asName(about.name);
    const before = this.store.versions(about.run, name).at(-1)?.facts['seq'];
    if (typeof before === 'number' && before >= about.facts.seq) return;
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    await this.store.put(this.ctx, bytes, { node: null, inputs: [], ...about, name });
  }
}

/** The run and the event that something is told by. */
interface At {
  readonly run: string;
  readonly facts: { readonly seq: number };
}
type Completed = Extract<RecordedEvent['event'], { type: 'NodeCompleted' }>;
type About = At & Pick<NewArtifact, 'name' | 'type' | 'tags'> & Partial<Pick<NewArtifact, 'node' | 'inputs'>>;

/** Of `agent:01-02` what stands before the colon. */
const kindOf = (node: string): string => asName(node.split(':', 1)[0]!, 100);

const documents = ['.md', '.txt', '.rst', '.adoc'];

function typeOf(name: string): string {
  const ending = path.extname(name).toLowerCase();
  if (ending === '.json') return 'json';
  if (documents.includes(ending)) return 'text';
  return ending === '' ? 'blob' : 'code';
}
