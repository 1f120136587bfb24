import type { CancellationToken, Disposable, LogOutputChannel } from 'vscode';
import type { Problem } from '../../schemas/codes';
import type { PanelName } from '../../schemas/panel';
import type { ParamsOf, ResultOf } from '../../schemas/define';
import type {
  ClientRequestName,
  ClientRequests,
  SidecarNotifications,
  SidecarRequests,
} from '../../schemas/wire';

export type Params<N extends ClientRequestName> = ParamsOf<ClientRequests[N]>;
export type Result<N extends ClientRequestName> = ResultOf<ClientRequests[N]>;
export type Notice<N extends keyof SidecarNotifications> = ParamsOf<SidecarNotifications[N]>;
export type ChatRequest = ParamsOf<SidecarRequests['lmChat']>;
export type ChatAnswer = ResultOf<SidecarRequests['lmChat']>;
export type ModelList = ResultOf<SidecarRequests['lmList']>;

/** How the connection to the sidecar is. `attempt` counts tries since the last success. */
export type SessionState =
  | { readonly kind: 'connecting'; readonly attempt: number }
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'waiting';
      readonly attempt: number;
      readonly milliseconds: number;
      readonly problem: Problem;
    }
  | { readonly kind: 'failed'; readonly problem: Problem }
  | { readonly kind: 'closed' };

/** What the session needs of the editor; the features of the first bundle supply it. */
export interface SessionHost {
  /** The workspace folder as a path of the file system. */
  readonly root: string;
  /** The folder that holds the bundles. */
  readonly dist: string;
  readonly log: LogOutputChannel;
  /** `symphony.nodePath`, or empty. */
  nodePath(): string;
  settings(): Params<'settingsProvide'>;
  secrets(): Promise<Params<'secretsProvide'>>;
  readonly models: {
    list(token: CancellationToken): Promise<ModelList>;
    chat(request: ChatRequest, token: CancellationToken, chunk: (text: string) => void): Promise<ChatAnswer>;
  };
  /** Told once per series of failures, when trying on silently would no longer be honest. */
  failed(problem: Problem): void;
}

/** The answer to a message of a webview, ready to be posted back; `ui` is for the panel itself. */
export type RelayReply =
  | { readonly kind: 'reply'; readonly message: { id: number; result?: unknown; problem?: Problem } }
  | {
      readonly kind: 'ui';
      readonly id: number;
      readonly method: string;
      readonly params: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'ignored'; readonly why: string };

/** A live link to the sidecar that mends itself. */
export interface Session extends Disposable {
  readonly state: SessionState;
  onState(listener: (state: SessionState) => void): Disposable;
  /** Asks the sidecar, waiting for the connection first. Fails with a `ProblemError`. */
  call<N extends ClientRequestName>(
    name: N,
    params: Params<N>,
    token?: CancellationToken,
  ): Promise<Result<N>>;
  /** Hears notifications; events arrive once each, in order, across reconnections. */
  on<N extends keyof SidecarNotifications>(name: N, listener: (notice: Notice<N>) => void): Disposable;
  /** Hears that a connection was made; everything shown should be asked for again. */
  onReady(listener: () => void): Disposable;
  /** Hands the current settings and keys over again; a no-op while not connected. */
  provide(): Promise<void>;
  /** Ends the sidecar and starts a new one. */
  restart(): Promise<void>;
  /** Checks a webview's message and answers it if the panel may ask it. */
  relay(panel: PanelName, message: unknown): Promise<RelayReply>;
  /** Ends the connection politely; the sidecar lives on. */
  close(): Promise<void>;
}

/** What `dist/session.cjs` exports. */
export interface SessionBundle {
  openSession(host: SessionHost): Session;
}
