import type { Socket } from 'node:net';
import { handshakeLimits } from '../wire/handshake';

/** Why a talk in lines ended early. */
export type LineFailure = 'silent' | 'oversized' | 'rubbish' | 'closed';

export class LineError extends Error {
  override readonly name = 'LineError';
  constructor(readonly reason: LineFailure) {
    super(`the other side was ${reason}`);
  }
}

/**
 * Reads and writes lines of JSON on a socket that is about to carry something else. It takes from the
 * stream up to the newline and puts the rest back at once, so nothing read ahead is ever lost.
 */
export class LineTalk {
  private readonly deadline: number;

  /** The whole talk has `milliseconds` from now. */
  constructor(
    private readonly socket: Socket,
    milliseconds: number = handshakeLimits.milliseconds,
  ) {
    this.deadline = performance.now() + milliseconds;
    // A socket without a listener for errors would end the process when its peer vanishes.
    socket.on('error', () => undefined);
  }

  write(value: object): void {
    if (this.socket.writable) this.socket.write(`${JSON.stringify(value)}\n`);
  }

  /** The next line as JSON; throws a `LineError`. */
  async read(): Promise<unknown> {
    const line = await this.line();
    try {
      return JSON.parse(line) as unknown;
    } catch {
      throw new LineError('rubbish');
    }
  }

  private line(): Promise<string> {
    const { socket } = this;
    return new Promise((resolve, reject) => {
      let held = Buffer.alloc(0);
      const settle = (act: () => void) => {
        clearTimeout(timer);
        socket.off('readable', onReadable).off('end', onGone).off('close', onGone);
        act();
      };
      const fail = (reason: LineFailure) => settle(() => reject(new LineError(reason)));
      const onGone = () => fail('closed');
      const onReadable = () => {
        for (let chunk: Buffer | null; (chunk = socket.read() as Buffer | null) !== null;) {
          held = Buffer.concat([held, chunk]);
          const end = held.indexOf(0x0a);
          if ((end < 0 ? held.length : end) > handshakeLimits.lineBytes) return fail('oversized');
          if (end < 0) continue;
          const [line, rest] = [held.subarray(0, end), held.subarray(end + 1)];
          return settle(() => {
            if (rest.length > 0) socket.unshift(rest);
            resolve(line.toString('utf8'));
          });
        }
      };
      const timer = setTimeout(() => fail('silent'), Math.max(0, this.deadline - performance.now()));
      if (socket.destroyed || socket.readableEnded) return fail('closed');
      socket.on('readable', onReadable).on('end', onGone).on('close', onGone);
      // What was put back or arrived before is announced by no further event.
      onReadable();
    });
  }
}
