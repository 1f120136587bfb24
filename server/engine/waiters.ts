import type { Answer } from './ports';

/** Performers of one run that wait for a person's answer, by question id. */
export class Waiters {
  private readonly waiting = new Map<string, (answer: Answer) => void>();

  /** Resolves with the answer, or rejects with the signal's reason. */
  wait(id: string, signal: AbortSignal): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.waiting.delete(id);
        reject(signal.reason as Error);
      };
      if (signal.aborted) return onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      this.waiting.set(id, (answer) => {
        signal.removeEventListener('abort', onAbort);
        resolve(answer);
      });
    });
  }

  /** Passes an answer on; nobody need be waiting. */
  answer(id: string, answer: Answer): void {
    this.waiting.get(id)?.(answer);
    this.waiting.delete(id);
  }
}
