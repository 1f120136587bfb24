import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Problem } from '../../schemas/codes';
import type { PanelName } from '../../schemas/panel';
import { requestMethods } from '../../schemas/generated/methods';
import type { Build, ClientRequestName, SidecarNotifications } from '../../schemas/wire';
import { deferred } from '../deferred';
import { problem, problemOf } from '../problems';
import type { Attach } from './link';
import { pauseAfter, tellAfter } from './backoff';
import { connect, type Connection } from './connect';
import { mendsItself } from './judge';
import { EventLedger } from './ledger';
import { shouldAskHandOver } from './link';
import { chooseNode, programEnvironment } from './node';
import { createRelay } from './relay';
import type { Notice, Params, RelayReply, Result, Session, SessionHost, SessionState } from './types';

type Listener = (notice: never) => void;

/** A connection that lasted less than this, in milliseconds, counts as a sidecar that does not stay. */
const shortLife = 10_000;

/** Keeps one workspace connected: attaches, catches up, and comes back after every loss. */
export class LiveSession implements Session {
  private current: SessionState = { kind: 'connecting', attempt: 0 };
  private connection: Connection | undefined;
  private arrival = deferred<Connection>();
  private stop = new AbortController();
  private wake: (() => void) | undefined;
  private readonly stateChanged = new vscode.EventEmitter<SessionState>();
  private readonly readied = new vscode.EventEmitter<void>();
  private readonly listeners = new Map<keyof SidecarNotifications, Set<Listener>>();
  private readonly ledger = new EventLedger((events) => this.tell('eventsAppended', { events }));
  private readonly relays = createRelay((name, params) => this.call(name, params as never));
  /** Epochs already asked to hand over; asking again would be a quarrel. */
  private readonly askedToLeave = new Set<string>();
  private readonly life: Promise<void>;

  constructor(
    private readonly host: SessionHost,
    private readonly build: Build,
    private readonly attach: Attach,
  ) {
    this.life = this.live();
  }

  get state(): SessionState {
    return this.current;
  }

  onState(listener: (state: SessionState) => void): vscode.Disposable {
    return this.stateChanged.event(listener);
  }

  onReady(listener: () => void): vscode.Disposable {
    return this.readied.event(listener);
  }

  on<N extends keyof SidecarNotifications>(
    name: N,
    listener: (notice: Notice<N>) => void,
  ): vscode.Disposable {
    const set = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, set.add(listener as Listener));
    return new vscode.Disposable(() => set.delete(listener as Listener));
  }

  async call<N extends ClientRequestName>(
    name: N,
    params: Params<N>,
    token?: vscode.CancellationToken,
  ): Promise<Result<N>> {
    const { method, runs } = requestMethods[name];
    for (let tries = 1; ; tries++) {
      const connection = await this.arrived();
      try {
        // The library takes an absent third argument for a second parameter, so it must not be there at all.
        const { client } = connection;
        return (await (token
          ? client.sendRequest(method, params, token)
          : client.sendRequest(method, params))) as Result<N>;
      } catch (thrown) {
        if (token?.isCancellationRequested) throw problem('cancelled');
        const lost = connection !== this.connection || !connection.client.isRunning() || isLoss(thrown);
        if (lost) await Promise.race([connection.closed, sleep(3000, this.stop.signal)]);
        // Reading twice harms nobody. A write may have been done, so the person hears of it instead.
        if (lost && runs === 'read' && tries === 1) continue;
        if (lost) throw problem('sidecar.failed', { detail: vscode.l10n.t('the connection was lost') });
        throw Object.assign(problem('internal.unexpected'), { problem: problemOf(thrown) });
      }
    }
  }

  async provide(): Promise<void> {
    if (!this.connection) return;
    await this.call('settingsProvide', this.host.settings());
    await this.call('secretsProvide', await this.host.secrets());
  }

  async restart(): Promise<void> {
    const { connection } = this;
    if (!connection) return this.tryNow();
    await connection.client.sendRequest(requestMethods.sidecarStop.method, {}).catch(() => undefined);
    await Promise.race([connection.closed, sleep(3000, this.stop.signal)]);
    await connection.end();
    await this.arrived();
  }

  relay(panel: PanelName, message: unknown): Promise<RelayReply> {
    return this.relays(panel, message);
  }

  async close(): Promise<void> {
    this.stop.abort();
    this.wake?.();
    this.setState({ kind: 'closed' });
    this.arrival.reject(problem('cancelled'));
    await this.connection?.end();
    await this.life;
  }

  dispose(): void {
    void this.close();
    this.stateChanged.dispose();
    this.readied.dispose();
    this.listeners.clear();
  }

  /** The connection, now or as soon as the try under way has ended. */
  private async arrived(): Promise<Connection> {
    if (this.connection) return this.connection;
    if (this.current.kind === 'failed')
      throw Object.assign(problem('cancelled'), { problem: this.current.problem });
    this.wake?.();
    return this.arrival.promise;
  }

  private async tryNow(): Promise<void> {
    this.setState({ kind: 'connecting', attempt: 0 });
    this.wake?.();
    await this.arrival.promise;
  }

  private async live(): Promise<void> {
    let shortLives = 0;
    for (let failures = 0; !this.stop.signal.aborted;) {
      this.setState({ kind: 'connecting', attempt: failures });
      try {
        const connection = await this.open();
        failures = 0;
        const began = performance.now();
        this.connection = connection;
        this.arrival.resolve(connection);
        this.setState({ kind: 'ready' });
        this.readied.fire();
        await connection.closed;
        this.connection = undefined;
        this.renewArrival();
        await connection.end();
        this.host.log.info('The connection to the sidecar has ended.');
        shortLives = performance.now() - began < shortLife ? shortLives + 1 : 0;
        if (shortLives > 1) await this.breathe(shortLives);
      } catch (thrown) {
        if (this.stop.signal.aborted) return;
        failures++;
        await this.pause(problemOf(thrown), failures);
      }
    }
  }

  /** Waits after a failure: a while, or until a person acts where time mends nothing. */
  private async pause(found: Problem, failures: number): Promise<void> {
    this.host.log.error(`The sidecar cannot be reached: ${found.code} ${JSON.stringify(found.args)}`);
    const hopeless = !mendsItself(found.code);
    const rejected = this.arrival;
    this.renewArrival();
    rejected.reject(Object.assign(problem('cancelled'), { problem: found }));
    if (hopeless || failures === tellAfter) this.host.failed(found);
    const milliseconds = pauseAfter(failures, Math.random());
    this.setState(
      hopeless
        ? { kind: 'failed', problem: found }
        : { kind: 'waiting', attempt: failures, milliseconds, problem: found },
    );
    const woken = new Promise<void>((resolve) => (this.wake = resolve));
    // A call in a hurry may cut the pause short, but not turn a failing start into a storm of starts.
    const least = sleep(Math.min(milliseconds, 1000), this.stop.signal);
    await (hopeless ? woken : Promise.race([woken, sleep(milliseconds, this.stop.signal)]));
    this.wake = undefined;
    if (!hopeless) await least;
  }

  /** A sidecar that answers and dies, again and again, is not started at full speed for ever. */
  private async breathe(shortLives: number): Promise<void> {
    if (shortLives === tellAfter) {
      this.host.failed({
        code: 'sidecar.failed',
        args: { detail: vscode.l10n.t('it ends again and again') },
      });
    }
    await sleep(pauseAfter(shortLives, Math.random()), this.stop.signal);
  }

  private renewArrival(): void {
    this.arrival = deferred<Connection>();
  }

  private async open(): Promise<Connection> {
    const { host } = this;
    const attachment = await this.attach({
      root: host.root,
      build: this.build,
      client: 'editor',
      node: await chooseNode(host.nodePath(), process.execPath),
      sidecar: path.join(host.dist, 'sidecar.cjs'),
      env: programEnvironment(process.env),
      start: true,
      signal: this.stop.signal,
      log: (message, facts) => host.log.info(facts ? `${message} ${JSON.stringify(facts)}` : message),
    });
    this.ledger.connectionBegan();
    const connection = await connect(attachment, host, (name, params) => {
      if (name === 'eventsAppended') this.ledger.announced((params as Notice<'eventsAppended'>).events);
      else this.tell(name, params);
    });
    try {
      await this.introduce(connection, attachment);
      return connection;
    } catch (thrown) {
      await connection.end();
      throw thrown;
    }
  }

  /** What every connection begins with, in this order, before anybody else may ask. */
  private async introduce(
    connection: Connection,
    { build, epoch }: { build: Build; epoch: string },
  ): Promise<void> {
    const ask = async <N extends ClientRequestName>(name: N, params: Params<N>): Promise<Result<N>> =>
      (await connection.client.sendRequest(requestMethods[name].method, params)) as Result<N>;
    if (shouldAskHandOver(this.build, build) && !this.askedToLeave.has(epoch)) {
      this.askedToLeave.add(epoch);
      const { accepted, reason } = await ask('sidecarHandOver', { build: this.build });
      this.host.log.info(`An older sidecar (${build.version}) was asked to hand over: ${reason}.`);
      if (accepted) {
        await Promise.race([connection.closed, sleep(3000, this.stop.signal)]);
        throw problem('sidecar.failed', { detail: vscode.l10n.t('an older sidecar is making room') });
      }
    }
    const opened = await ask('sessionOpen', { languageModels: true });
    await ask('settingsProvide', this.host.settings());
    await ask('secretsProvide', await this.host.secrets());
    await this.ledger.catchUp(opened.position, (position) => ask('eventsSince', { position, limit: 500 }));
  }

  private tell(name: keyof SidecarNotifications, params: unknown): void {
    for (const listener of [...(this.listeners.get(name) ?? [])]) {
      try {
        listener(params as never);
      } catch (thrown) {
        this.host.log.error(thrown instanceof Error ? thrown : String(thrown));
      }
    }
  }

  private setState(state: SessionState): void {
    this.current = state;
    this.stateChanged.fire(state);
  }
}

/** Whether JSON-RPC says that the connection went away under a request, rather than that it was refused. */
function isLoss(thrown: unknown): boolean {
  const { code } = (thrown ?? {}) as { code?: unknown };
  return typeof code === 'number' && ((code <= -32096 && code >= -32099) || code === 1 || code === 2);
}

/** Resolves after `milliseconds`, or at once when aborted. */
function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
