import type { ReviewThread } from '../../../schemas/wire/units';
import type { Commented, ThreadState } from './records';

/** The conversations about a changeset: the fold of their records. */
export class Threads {
  private readonly threads = new Map<string, ReviewThread & { run: string | null }>();

  fold(at: number, record: Commented | ThreadState): void {
    if (record.type === 'thread') {
      for (const id of record.threads) {
        const thread = this.threads.get(id);
        if (thread === undefined) continue;
        thread.state = record.state;
        thread.run = record.run ?? thread.run;
      }
      return;
    }
    const { thread: id, path, side, line, lineText, by, text } = record;
    const thread = this.threads.get(id) ?? {
      ...{ thread: id, path, side, line, lineText, run: null },
      state: 'open' as const,
      comments: [],
    };
    this.threads.set(id, thread);
    thread.comments.push({ by, at: record.at ?? at, text });
    // A person who goes on with a conversation opens it again.
    if (by === 'person') thread.state = 'open';
  }

  list(): ReviewThread[] {
    return [...this.threads.values()].map((thread) => this.shown(thread));
  }

  get(id: string): ReviewThread | undefined {
    const thread = this.threads.get(id);
    return thread && this.shown(thread);
  }

  /** The run a conversation was sent to last. */
  runOf(id: string): string | null {
    return this.threads.get(id)?.run ?? null;
  }

  private shown({ run: _run, ...thread }: ReviewThread & { run: string | null }): ReviewThread {
    return { ...thread, comments: [...thread.comments] };
  }
}
