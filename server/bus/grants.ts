import type { Capabilities } from './types';
import { covers } from './topics';

export type Action = keyof Capabilities;

/** Answers what a connection may do; what it was asked before it answers from memory. */
export class Grants {
  private readonly answers = new Map<string, boolean>();
  private readonly refused = new Set<string>();

  constructor(private readonly capabilities: Capabilities) {}

  /** `name` is a type, a topic, or for `handle` and `subscribe` a pattern: then all it stands for must be granted. */
  may(action: Action, name: string): boolean {
    const key = `${action} ${name}`;
    const known = this.answers.get(key);
    if (known !== undefined) return known;
    const answer = (this.capabilities[action] ?? []).some((pattern) => covers(pattern, name));
    if (this.answers.size >= mostAnswers) this.answers.clear();
    this.answers.set(key, answer);
    return answer;
  }

  /** Whether this is refused for the first time; after a hundred different ones none is. */
  isNewRefusal(action: Action, name: string): boolean {
    if (this.refused.size >= mostRefusals || this.refused.has(`${action} ${name}`)) return false;
    this.refused.add(`${action} ${name}`);
    return true;
  }
}

const mostAnswers = 1024;
const mostRefusals = 100;
