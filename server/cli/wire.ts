import {
  createMessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import { problem, ProblemError } from '../base';
import {
  clientRequests,
  codes,
  sidecarNotifications,
  type ClientRequestName,
  type ClientRequests,
  type ParamsOf,
  type Problem,
  type ResultOf,
  type SidecarNotifications,
} from '../../schemas';
import { attach, type AttachOptions, type Attachment } from '../../schemas/link';

/** A typed talk with the sidecar of one workspace. */
export interface Sidecar {
  readonly attachment: Attachment;
  call<K extends ClientRequestName>(
    name: K,
    params: ParamsOf<ClientRequests[K]>,
  ): Promise<ResultOf<ClientRequests[K]>>;
  on<K extends keyof SidecarNotifications>(
    name: K,
    listener: (params: ParamsOf<SidecarNotifications[K]>) => void,
  ): void;
  /** Resolves when the connection has ended, whoever ended it. */
  readonly closed: Promise<void>;
  close(): void;
}

/** Attaches, and asks a sidecar of an older build to end in favour of this one's. */
export async function openSidecar(options: Omit<AttachOptions, 'handOver'>): Promise<Sidecar> {
  const handOver = async (older: Attachment) => {
    try {
      return (await speak(older).call('sidecarHandOver', { build: options.build })).accepted;
    } catch {
      return false;
    }
  };
  return speak(await attach({ ...options, handOver }));
}

function speak(attachment: Attachment): Sidecar {
  const { socket } = attachment;
  const reader = new StreamMessageReader(socket);
  // A peer that dies in the middle of a message would leave its timer, and so this process, waiting for the rest for ever.
  reader.partialMessageTimeout = 0;
  const connection: MessageConnection = createMessageConnection(reader, new StreamMessageWriter(socket));
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  connection.onError(() => socket.destroy());
  void closed.then(() => connection.dispose());
  connection.listen();
  return {
    attachment,
    closed,
    async call(name, params) {
      try {
        return (await connection.sendRequest(clientRequests[name].method, params)) as never;
      } catch (thrown) {
        throw explained(thrown);
      }
    },
    on(name, listener) {
      connection.onNotification(sidecarNotifications[name].method, listener as (params: unknown) => void);
    },
    close: () => socket.destroy(),
  };
}

/** The problem an answer carries; a connection that broke becomes `sidecar.failed`. */
function explained(thrown: unknown): ProblemError {
  const found = (thrown as { data?: { problem?: Problem } }).data?.problem;
  if (found !== undefined && found.code in codes) return new ProblemError(found, { cause: thrown });
  return problem('sidecar.failed', { detail: (thrown as Error).message }, thrown);
}
