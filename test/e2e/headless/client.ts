/** A client of the real sidecar that speaks the wire and nothing else: what the headless tests look through. */
import path from 'node:path';
import {
  createMessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import { attach, type Attachment } from '../../../schemas/link';
import {
  clientRequests,
  eventsAppended,
  type ClientRequestName,
  type ClientRequests,
  type ParamsOf,
  type RecordedEvent,
  type ResultOf,
  type RunState,
} from '../../../schemas';

export const repositoryRoot = path.resolve(__dirname, '../../..');

export interface WireSettings {
  readonly root: string;
  /** `SYMPHONY_HOME` of the test. */
  readonly state: string;
  /** `provider/name`; `providers` says where custom ones listen. */
  readonly model: string;
  readonly providers?: { name: string; baseUrl: string }[];
  readonly keys?: { provider: string; key: string }[];
  readonly parallel?: number;
  /** More environment for a sidecar that this client starts. */
  readonly env?: Readonly<Record<string, string>>;
  /** How long a started sidecar may take until it answers. */
  readonly patienceMs?: number;
}

export class WireClient {
  readonly events: RecordedEvent[] = [];

  private constructor(
    private readonly connection: MessageConnection,
    readonly attachment: Attachment,
  ) {}

  /** Attaches (starting a sidecar where none answers), hands over settings and keys, and catches up from `since`. */
  static async open(settings: WireSettings, since = 0): Promise<WireClient> {
    const attachment = await attach({
      root: settings.root,
      build: { version: '0.1.0', stamp: 0 },
      client: 'test',
      node: { command: process.execPath, env: {} },
      sidecar: path.join(repositoryRoot, 'dist/sidecar.cjs'),
      env: {
        ...process.env,
        SYMPHONY_HOME: settings.state,
        SYMPHONY_IDLE_MS: '20000',
        ...settings.env,
      },
      start: true,
      signal: new AbortController().signal,
      log: () => undefined,
      patienceMs: settings.patienceMs ?? 20_000,
    });
    const { socket } = attachment;
    const reader = new StreamMessageReader(socket);
    // Sidecars are killed here in the middle of a message; nobody waits for the rest.
    reader.partialMessageTimeout = 0;
    const connection = createMessageConnection(reader, new StreamMessageWriter(socket));
    const client = new WireClient(connection, attachment);
    connection.onError(() => undefined);
    connection.onNotification(eventsAppended.method, ({ events }: { events: RecordedEvent[] }) =>
      client.take(events),
    );
    connection.listen();
    await connection.sendRequest('initialize', { processId: null, rootUri: null, capabilities: {} });
    await client.ask('sessionOpen', { languageModels: false });
    await client.ask('settingsProvide', {
      model: settings.model,
      providers: settings.providers ?? [],
      limits: { turns: 30, tokens: 1_000_000, usd: 5, minutes: 10, parallel: settings.parallel ?? 2 },
    });
    await client.ask('secretsProvide', { keys: settings.keys ?? [] });
    for (let position = since, more = true; more;) {
      const page = await client.ask('eventsSince', { position, limit: 500 });
      client.take(page.events);
      position = page.events.at(-1)?.position ?? position;
      more = page.more;
    }
    return client;
  }

  get pid(): number {
    return this.attachment.endpoint.pid;
  }

  ask<K extends ClientRequestName>(
    name: K,
    params: ParamsOf<ClientRequests[K]>,
  ): Promise<ResultOf<ClientRequests[K]>> {
    return this.connection.sendRequest(clientRequests[name].method, params);
  }

  /** Previews, approves what is shown, and starts the phase. */
  async execute(phase: string): Promise<string> {
    const { commands } = await this.ask('runPreview', { phase });
    const { run } = await this.ask('runExecute', { phase, approved: commands.map(({ hash }) => hash) });
    return run;
  }

  /** Polls until the run is in one of `states`. */
  async until(run: string, states: readonly RunState[], timeoutMs = 120_000): Promise<RunState> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const { summary } = await this.ask('runShow', { run });
      if (states.includes(summary.state)) return summary.state;
      if (performance.now() > deadline)
        throw new Error(`run ${run} is still ${summary.state}: ${JSON.stringify(summary)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Lets go of the connection; the sidecar stays. */
  close(): void {
    this.connection.dispose();
    this.attachment.socket.destroy();
  }

  private take(events: readonly RecordedEvent[]): void {
    const last = this.events.at(-1)?.position ?? 0;
    this.events.push(...events.filter((event) => event.position > last));
  }
}
