import type { Capabilities } from './types';
import { covers } from './topics';

export type Action = keyof Capabilities;

/** Answers what a connection may do; what it was asked before it answers from memory. */
export class Grants {
  private readonly answers = new Map<string, boolean>();

  constructor(private readonly capabilities: Capabilities) {}

  /** `name` is a type, a topic, or for `handle` and `subscribe` a pattern: then all it stands for must be granted. */
  may(action: Action, name: string): boolean {
    const key = action + name;
    const known = this.answers.get(key);
    if (known !== undefined) return known;
    const answer = (this.capabilities[action] ?? []).some((pattern) => covers(pattern, name));
    if (this.answers.size >= mostAnswers) this.answers.clear();
    this.answers.set(key, answer);
    return answer;
  }
}

const mostAnswers = 1024;
