import type { Problem } from '../../schemas/codes';
import type { Trigger } from '../../schemas/melody';
import { Emitter, problem, problemOf, type Context, type Disposable } from '../base';
import type { ArmedTrigger, Firing } from '../storage';
import { CronLoop } from './cronLoop';
import { Firer, isByHand, keyOf } from './firer';
import { OwnWrites } from './ownWrites';
import { Rate } from './rate';
import { checkGlobs, openSource, scheduleOf, SharedGit, type Occasion, type SourceParts } from './sources';
import type { Inputs, MelodyFile, TriggerChange, TriggerPorts, Triggers, TriggerView } from './types';
import { nameOf, nameText, viewOf, viewsOf, type Looks } from './views';
import { Webhooks } from './webhooks';

/** Files, git and chains may fire so often within a minute; more looks like a circle. */
export const mostPerMinute = 10;

interface Source {
  readonly armed: ArmedTrigger;
  readonly definition: Trigger;
  readonly listening: Disposable;
}

/**
 * Opens the triggers of a workspace: takes up firings an earlier life left open, then listens for all that
 * is armed. Throws `data.*` when the record cannot be read.
 */
export async function createTriggers(ports: TriggerPorts): Promise<Triggers> {
  const service = new TriggerService(ports);
  await service.refresh();
  return service;
}

class TriggerService implements Triggers {
  private readonly stopping = new AbortController();
  private readonly ctx: Context;
  private readonly changed: Emitter<TriggerChange>;
  private readonly sources = new Map<string, Source>();
  private readonly broken = new Map<string, Problem>();
  private readonly rate: Rate;
  private readonly own: OwnWrites;
  private readonly firer: Firer;
  private readonly parts: SourceParts;
  private syncing: Promise<void> = Promise.resolve();

  constructor(private readonly ports: TriggerPorts) {
    const { clock, firings, log } = ports;
    this.ctx = { signal: this.stopping.signal, log };
    this.changed = new Emitter((thrown) => log.error('a listener failed', { detail: String(thrown) }));
    this.rate = new Rate(clock, mostPerMinute);
    this.own = new OwnWrites((path) => ports.hashOf(path));
    this.firer = new Firer({
      ctx: this.ctx,
      ports,
      mayNot: (firing) => this.mayNot(firing),
      onFiring: (firing) => this.changed.fire({ ...nameOf(firing), firing }),
    });
    const onPort = (port: number) => firings.keepPort(port);
    this.parts = {
      ctx: this.ctx,
      ports,
      cron: new CronLoop(clock, log),
      hooks: new Webhooks({ clock, log, port: firings.port(), onPort }),
      git: new SharedGit(this.ctx, ports),
      own: this.own,
      occur: (armed, definition, occasion) => this.occur(armed, definition, occasion),
      onBroken: (armed, why) => this.breakOff(armed, why),
    };
  }

  get onChanged() {
    return this.changed.event;
  }

  async arm(ctx: Context, melody: string, trigger: string): Promise<TriggerView> {
    this.requireTrust();
    const { file, definition } = await this.find(ctx, melody, trigger);
    if (definition.on === 'manual') throw problem('trigger.manual', { melody, trigger });
    if (definition.enabled === false) throw problem('trigger.off', { melody, trigger });
    this.check(melody, definition);
    const now = this.ports.clock.now();
    const token = definition.on === 'webhook' ? this.tokenOf(melody, trigger) : null;
    this.rate.forget(nameText(melody, trigger));
    this.ports.firings.arm({ melody, trigger, hash: file.hash, at: now, mark: now, token });
    await this.refresh();
    const why = this.broken.get(nameText(melody, trigger));
    if (why !== undefined) {
      // A person is told now; nothing is left armed that does not listen.
      await this.disarm(ctx, melody, trigger);
      throw problem(why.code, why.args);
    }
    this.changed.fire({ melody, trigger });
    return this.view(melody, definition);
  }

  async disarm(_ctx: Context, melody: string, trigger: string): Promise<void> {
    const known = this.ports.firings.armed();
    if (!known.some((one) => one.melody === melody && one.trigger === trigger))
      throw problem('trigger.notArmed', { melody, trigger });
    this.ports.firings.disarm(melody, trigger);
    await this.refresh();
    this.changed.fire({ melody, trigger });
  }

  async list(ctx: Context): Promise<readonly TriggerView[]> {
    // What is broken is not tried again each time somebody looks.
    await this.synced(false);
    return viewsOf(this.looks(), await this.ports.melodies(ctx));
  }

  firings(limit: number): readonly Firing[] {
    return this.ports.firings.list(limit);
  }

  async fire(ctx: Context, melody: string, trigger: string, inputs: Inputs = {}): Promise<Firing> {
    this.requireTrust();
    const { file, definition } = await this.find(ctx, melody, trigger);
    if (definition.enabled === false) throw problem('trigger.off', { melody, trigger });
    const at = this.ports.clock.now();
    const { firing } = this.firer.record({
      key: keyOf('hand', melody, trigger, this.ports.ids.next('firing')),
      ...{ melody, trigger, on: definition.on, hash: file.hash, due: at, at, missed: 0, depth: 0 },
      cause: { by: 'hand' },
      inputs: { ...(definition.inputs as Inputs | undefined), ...inputs },
    });
    const settled = await this.firer.carryOut(firing);
    if (settled.problem !== null) throw problem(settled.problem.code, settled.problem.args);
    return settled;
  }

  webhook(melody: string, trigger: string): { url: string; token: string } {
    const source = this.sources.get(nameText(melody, trigger));
    if (source === undefined) throw problem('trigger.notArmed', { melody, trigger });
    const { armed, definition } = source;
    const url = definition.on === 'webhook' ? this.parts.hooks.address(definition.path) : undefined;
    if (url === undefined || armed.token === null) throw problem('trigger.notWebhook', { melody, trigger });
    return { url, token: armed.token };
  }

  ignore(files: readonly { readonly path: string; readonly hash: string | null }[]): void {
    this.own.tell(files);
  }

  refresh(): Promise<void> {
    return this.synced(true);
  }

  armed(): boolean {
    return this.sources.size > 0;
  }

  async settled(): Promise<void> {
    await this.syncing;
    await this.firer.settled();
  }

  dispose(): void {
    this.stopping.abort(new DOMException('stopped', 'AbortError'));
    for (const { listening } of this.sources.values()) listening.dispose();
    this.sources.clear();
    this.parts.cron.dispose();
    this.parts.hooks.dispose();
    this.changed.dispose();
  }

  /** One after another; `retry` tries again what could not be listened to. */
  private synced(retry: boolean): Promise<void> {
    const next = this.syncing.then(() => this.sync(retry));
    this.syncing = next.catch(() => undefined);
    return next;
  }

  /** Brings what listens in line with what is armed, what the files say now, and trust. */
  private async sync(retry: boolean): Promise<void> {
    if (this.ctx.signal.aborted) return;
    const files = await this.ports.melodies(this.ctx);
    const trusted = this.ports.trusted();
    const wanted = new Map<string, { armed: ArmedTrigger; definition: Trigger }>();
    for (const armed of this.ports.firings.armed()) {
      if (armed.state !== 'armed') continue;
      const file = files.find(({ path }) => path === armed.melody);
      const definition = file?.melody.triggers?.find(({ id }) => id === armed.trigger);
      if (file === undefined || definition === undefined) this.halt(armed, 'changed', 'trigger.gone');
      else if (file.hash !== armed.hash) this.halt(armed, 'changed', 'trigger.changed');
      else if (trusted) wanted.set(nameText(armed.melody, armed.trigger), { armed, definition });
    }
    for (const [name, { armed, listening }] of [...this.sources]) {
      const want = wanted.get(name)?.armed;
      if (want !== undefined && want.at === armed.at && want.hash === armed.hash) continue;
      listening.dispose();
      this.sources.delete(name);
    }
    for (const name of [...this.broken.keys()]) if (!wanted.has(name)) this.broken.delete(name);
    if (trusted) await this.firer.recover((firing) => this.stale(firing, files));
    for (const [name, { armed, definition }] of wanted)
      if (!this.sources.has(name) && (retry || !this.broken.has(name)))
        await this.listen(name, armed, definition);
  }

  private async listen(name: string, armed: ArmedTrigger, definition: Trigger): Promise<void> {
    this.broken.delete(name);
    try {
      const listening = await openSource(this.parts, armed, definition);
      if (this.ctx.signal.aborted) listening.dispose();
      else this.sources.set(name, { armed, definition, listening });
    } catch (thrown) {
      this.breakOff(armed, problemOf(thrown));
    }
  }

  private breakOff(armed: ArmedTrigger, why: Problem): void {
    const name = nameText(armed.melody, armed.trigger);
    this.broken.set(name, why);
    this.sources.get(name)?.listening.dispose();
    this.sources.delete(name);
    this.ports.log.warn('a trigger does not listen', { ...nameOf(armed), problem: why });
    this.changed.fire(nameOf(armed));
  }

  private halt(
    armed: ArmedTrigger,
    state: 'changed' | 'paused',
    code: 'trigger.gone' | 'trigger.changed' | 'trigger.tooOften',
  ): void {
    const { melody, trigger } = armed;
    const why = problem(code, { melody, trigger, most: mostPerMinute }).problem;
    this.ports.firings.halt(melody, trigger, state, why);
    this.changed.fire({ melody, trigger });
  }

  /** Not async: what cannot be recorded throws before this returns. */
  private occur(armed: ArmedTrigger, definition: Trigger, occasion: Occasion): Promise<Firing> {
    const { melody, trigger, hash } = armed;
    const { on } = definition;
    const at = this.ports.clock.now();
    const { what = this.ports.ids.next('firing'), due = at, missed = 0, depth = 0, cause, mark } = occasion;
    const key = keyOf(on, melody, trigger, what);
    const inputs = { ...(definition.inputs as Inputs | undefined), ...occasion.inputs };
    const next = { key, melody, trigger, on, hash, due, at, missed, depth, cause, inputs };
    const moved = mark === undefined ? {} : { mark };
    if (occasion.outcome !== undefined)
      return Promise.resolve(this.firer.record(next, { ...moved, outcome: occasion.outcome }).firing);
    const isGuarded = on === 'file' || on === 'git' || on === 'chained';
    if (isGuarded && !this.rate.take(nameText(melody, trigger))) {
      const why = problem('trigger.tooOften', { melody, trigger, most: mostPerMinute }).problem;
      const { firing } = this.firer.record(next, { outcome: { state: 'skipped', problem: why } });
      this.halt(armed, 'paused', 'trigger.tooOften');
      void this.refresh().catch(() => undefined);
      return Promise.resolve(firing);
    }
    return this.firer.carryOut(this.firer.record(next, moved).firing);
  }

  /** Whether the Melody is still what was armed, looked at in the moment its run would start. */
  private async mayNot(firing: Firing): Promise<Problem | undefined> {
    const names = nameOf(firing);
    if (!this.ports.trusted()) return problem('trigger.restricted').problem;
    const armed = this.ports.firings
      .armed()
      .find(({ melody, trigger }) => melody === firing.melody && trigger === firing.trigger);
    const isBound = armed?.state === 'armed' && armed.hash === firing.hash;
    if (!isByHand(firing) && !isBound) return armed?.problem ?? problem('trigger.notArmed', names).problem;
    const file = await this.ports.melody(this.ctx, firing.melody);
    if (file?.hash === firing.hash) return undefined;
    void this.refresh().catch(() => undefined);
    return problem(file === undefined ? 'trigger.gone' : 'trigger.changed', names).problem;
  }

  /** A schedule that skips what it missed does not want a firing of long ago either. */
  private stale(firing: Firing, files: readonly MelodyFile[]): Problem | undefined {
    const file = files.find(({ path }) => path === firing.melody);
    const definition = file?.melody.triggers?.find(({ id }) => id === firing.trigger);
    const skips = definition?.on === 'cron' && definition.missed === 'skip';
    const isOld = this.ports.clock.now() - firing.due >= 60_000;
    return skips && isOld ? problem('trigger.stale', nameOf(firing)).problem : undefined;
  }

  private async find(
    ctx: Context,
    melody: string,
    trigger: string,
  ): Promise<{ file: MelodyFile; definition: Trigger }> {
    const file = await this.ports.melody(ctx, melody);
    if (file === undefined) throw problem('trigger.melodyUnknown', { melody });
    const definition = file.melody.triggers?.find(({ id }) => id === trigger);
    if (definition !== undefined) return { file, definition };
    const known = file.melody.triggers?.map(({ id }) => id).join(', ') || '–';
    throw problem('trigger.unknown', { melody, trigger, known });
  }

  /** What can be said to be wrong before anything is recorded. */
  private check(melody: string, definition: Trigger): void {
    if (definition.on === 'cron') scheduleOf(melody, definition);
    if (definition.on === 'file') checkGlobs(melody, definition.id, definition.files);
    if (definition.on === 'git') checkGlobs(melody, definition.id, definition.branches ?? []);
    if (definition.on !== 'webhook') return;
    for (const [name, { armed, definition: other }] of this.sources)
      if (
        other.on === 'webhook' &&
        other.path === definition.path &&
        name !== nameText(melody, definition.id)
      )
        throw problem('trigger.pathTaken', {
          path: definition.path,
          other: `${armed.trigger} (${armed.melody})`,
        });
  }

  private tokenOf(melody: string, trigger: string): string {
    const known = this.ports.firings.armed().find((one) => one.melody === melody && one.trigger === trigger);
    return known?.token ?? Buffer.from(this.ports.random.bytes(32)).toString('hex');
  }

  private requireTrust(): void {
    if (!this.ports.trusted()) throw problem('trigger.restricted');
  }

  private view(melody: string, definition: Trigger): TriggerView {
    return viewOf(this.looks(), melody, definition);
  }

  private looks(): Looks {
    const isListening = (name: string) => this.sources.has(name);
    const address = (path: string) => this.parts.hooks.address(path);
    return { firings: this.ports.firings, broken: this.broken, isListening, address };
  }
}
