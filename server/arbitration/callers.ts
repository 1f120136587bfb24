import { problem, ProblemError } from '../base';
import type { Decision, Why } from './types';

/** How a request stands that waits. */
export interface Wait {
  readonly why: Why;
  /** 1 is next. */
  readonly position: number;
  readonly estimateMs: number | null;
  readonly sinceMs: number;
}

/** Something that was given, until it is released. */
export interface Grant {
  readonly id: string;
  /** Aborted when it was let go without being released: its lease lapsed, or its holder was declared dead. */
  readonly lost: AbortSignal;
  /** Gives it back; `spent` says what was really used of budgets. Durable when it resolves; never rejects. */
  release(spent?: Readonly<Record<string, number>>): Promise<void>;
  /** Keeps a lease for as long again as it was given. */
  renew(): void;
}

/** What a grant asks of those who gave it, and how a request stands. */
export interface Desk {
  release(id: string, spent: Readonly<Record<string, number>> | undefined): Promise<void>;
  renew(id: string): void;
  isHeld(id: string): boolean;
  /** Its place in line; undefined where it does not wait. */
  positionOf(id: string): number | undefined;
  waitOf(id: string): Wait;
}

interface Caller {
  readonly resolve: (grant: Grant) => void;
  readonly reject: (reason: Error) => void;
  readonly waits: ((wait: Wait) => void) | undefined;
  told: number;
}

/** Those in this process that wait for an answer, and those that were given something. */
export class Callers {
  private readonly waiting = new Map<string, Caller>();
  private readonly given = new Map<string, AbortController>();

  constructor(private readonly desk: Desk) {}

  wait(id: string, waits: ((wait: Wait) => void) | undefined): Promise<Grant> {
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject, waits, told: 0 }));
  }

  refuse(id: string, reason: Error): void {
    this.waiting.get(id)?.reject(reason);
    this.waiting.delete(id);
  }

  answer(decision: Decision): void {
    const { request: id } = decision;
    switch (decision.kind) {
      case 'granted':
        if (this.waiting.has(id)) this.give(id);
        return;
      case 'deferred':
        return this.tell(id);
      case 'denied':
        return this.refuse(id, new ProblemError(decision.why.problem));
      case 'ended':
        // Who had it and was not the one to give it back learns it; who waited waits no more.
        this.given.get(id)?.abort(problem('cancelled'));
        this.given.delete(id);
        this.refuse(id, problem('cancelled'));
    }
  }

  give(id: string): void {
    // Let go in the same turn.
    if (!this.desk.isHeld(id)) return this.refuse(id, problem('cancelled'));
    const caller = this.waiting.get(id);
    this.waiting.delete(id);
    const lost = new AbortController();
    this.given.set(id, lost);
    caller?.resolve({
      id,
      lost: lost.signal,
      release: (spent) => {
        this.given.delete(id);
        return this.desk.release(id, spent);
      },
      renew: () => this.desk.renew(id),
    });
  }

  /** Tells a caller its place where it has changed. */
  tell(id: string): void {
    const caller = this.waiting.get(id);
    if (caller?.waits === undefined) return;
    const position = this.desk.positionOf(id);
    if (position === undefined || position === caller.told) return;
    caller.told = position;
    caller.waits(this.desk.waitOf(id));
  }

  tellAll(): void {
    for (const id of this.waiting.keys()) this.tell(id);
  }
}
