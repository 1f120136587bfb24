import type { Question, RecordedEvent } from '../../schemas';
import { sentences } from './output';
import type { Job } from './job';
import { valueOf } from './values';
import type { Sidecar } from './wire';

/** How watching a run ended. */
export type FollowEnd =
  | { readonly kind: 'ended' | 'waiting'; readonly run: string; readonly sidecar: Sidecar }
  | { readonly kind: 'detached' };

/**
 * Starts a run and shows what happens until it has ended, waits for an answer nobody here can give, or
 * Ctrl-C detaches. A sidecar that dies on the way is opened again (which hands over the keys anew, for
 * the new one has none); the run goes on where it was.
 */
export async function follow(
  job: Job,
  open: () => Promise<Sidecar>,
  start: (sidecar: Sidecar) => Promise<{ run: string }>,
): Promise<FollowEnd> {
  const { print, host } = job;
  const watch = new Watch(job);
  await watch.connect(await open());
  const { run } = await start(watch.sidecar);
  print.line({ type: 'started', run });
  print.say('started', { run });
  watch.begin(run);
  const interrupted = new Promise<'detached'>((resolve) => {
    const detach = () => resolve('detached');
    if (host.signal.aborted) detach();
    host.signal.addEventListener('abort', detach, { once: true });
  });
  for (;;) {
    const happened = await Promise.race([watch.next(), interrupted]);
    if (happened === 'detached') {
      print.line({ type: 'detached', run });
      print.say('detached', { run });
      return { kind: 'detached' };
    }
    if (happened === 'lost') {
      print.say('lost');
      await reconnect(watch, open, host.signal);
    } else if (happened === 'ended') return { kind: 'ended', run, sidecar: watch.sidecar };
    else if (!(await settle(job, watch.sidecar, run, happened, interrupted)))
      return host.signal.aborted ? { kind: 'detached' } : { kind: 'waiting', run, sidecar: watch.sidecar };
  }
}

/** A sidecar that was killed may be killed again while it is greeted; after five times it is no accident. */
async function reconnect(watch: Watch, open: () => Promise<Sidecar>, signal: AbortSignal): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await watch.connect(await open());
    } catch (thrown) {
      if (tries === 5 || signal.aborted) throw thrown;
    }
  }
}

/** Gets an answer to a question of the run; false when nobody is here to answer. */
async function settle(
  job: Job,
  sidecar: Sidecar,
  run: string,
  asked: Asked,
  interrupted: Promise<unknown>,
): Promise<boolean> {
  const { print, host } = job;
  print.say('question', { text: sentences(asked.problem) });
  for (const [name, value] of Object.entries(asked.facts))
    print.raw(`  ${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}\n`);
  const choices = asked.choices.join(' | ');
  if (!host.terminal.interactive || print.json) {
    if (asked.kind === 'input') print.say('inputHow', { run, node: asked.node });
    else print.say('questionHow', { run, question: asked.id, choices });
    return false;
  }
  for (;;) {
    const text = asked.kind === 'input' ? print.text('inputAsk') : print.text('questionChoices', { choices });
    const asking = host.terminal.question(text, host.signal).catch(() => undefined);
    const answer = await Promise.race([asking, interrupted.then(() => undefined)]);
    if (answer === undefined) return false;
    if (asked.kind === 'input') {
      await sidecar.call('runInput', { run, node: asked.node, value: valueOf(answer, asked.facts['type']) });
      return true;
    }
    if (!asked.choices.includes(answer.trim())) continue;
    await sidecar.call('runAnswer', { run, question: asked.id, answer: answer.trim() });
    return true;
  }
}

/** A question, and the node that asks. */
type Asked = Question & { readonly node: string };
type Happening = 'ended' | 'lost' | Asked;

/** Turns the events of one run into lines on the terminal and into what the follower must react to. */
class Watch {
  sidecar!: Sidecar;
  private run: string | undefined;
  private position = -1;
  private readonly early: RecordedEvent[] = [];
  private readonly happened: Happening[] = [];
  private wake: () => void = () => undefined;
  private readonly lastText = new Map<string, string>();

  constructor(private readonly job: Job) {}

  /** Attaches to a sidecar: what was missed in between comes first, nothing comes twice. */
  async connect(sidecar: Sidecar): Promise<void> {
    this.sidecar = sidecar;
    let caughtUp = false;
    const held: RecordedEvent[] = [];
    sidecar.on('eventsAppended', ({ events }) => (caughtUp ? this.take(events) : held.push(...events)));
    sidecar.on('runProgress', (progress) => {
      if (progress.run !== this.run || this.lastText.get(progress.node) === progress.text) return;
      this.lastText.set(progress.node, progress.text);
      this.job.print.line({ type: 'progress', ...progress });
      if (isChatter(progress.facts)) return;
      this.job.print.say('progress', { node: nameOf(progress.node), text: progress.text.split('\n')[0]! });
    });
    void sidecar.closed.then(() => caughtUp && this.push('lost'));
    const { position } = await sidecar.call('sessionOpen', { languageModels: false });
    if (this.position < 0) this.position = position;
    for (let more = this.position < position; more;) {
      const missed = await sidecar.call('eventsSince', { position: this.position, limit: 500 });
      this.take(missed.events);
      more = missed.more;
    }
    caughtUp = true;
    this.take(held);
  }

  /** From now on `run` is watched; its first events may have come before its name. */
  begin(run: string): void {
    this.run = run;
    for (const event of this.early.splice(0)) this.show(event);
  }

  async next(): Promise<Happening> {
    while (this.happened.length === 0) await new Promise<void>((resolve) => (this.wake = resolve));
    return this.happened.shift()!;
  }

  private push(what: Happening): void {
    this.happened.push(what);
    this.wake();
  }

  private take(events: readonly RecordedEvent[]): void {
    for (const event of events) {
      if (event.position <= this.position) continue;
      this.position = event.position;
      if (this.run === undefined) this.early.push(event);
      else this.show(event);
    }
  }

  private show({ run, event }: RecordedEvent): void {
    if (run !== this.run) return;
    const { print } = this.job;
    if (event.type !== 'StepRecorded') print.line({ type: 'event', event });
    switch (event.type) {
      case 'NodeStarted':
        return print.say('nodeStarted', { node: nameOf(event.node), attempt: event.attempt });
      case 'NodeCompleted':
        return print.say('nodeCompleted', { node: nameOf(event.node) });
      case 'NodeFailed':
        return print.say('nodeFailed', { node: nameOf(event.node), detail: sentences(event.problem) });
      case 'QuestionAsked':
        return this.push({ ...event.question, node: event.node });
      case 'RunCompleted':
      case 'RunFailed':
      case 'RunCancelled':
        return this.push('ended');
      default:
        return;
    }
  }
}

/** `agent:03-01` as people read it. */
const nameOf = (node: string): string => node.replace(':', ' ');

/** What a model says while it says it is for views that can redraw; lines of a terminal stay. */
const isChatter = (facts: object): boolean => !('tool' in facts) && 'turn' in facts;
