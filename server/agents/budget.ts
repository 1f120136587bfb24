import { problem } from '../base';
import type { Usage } from '../../schemas/wire';
import type { AgentOutcome, Limits } from './types';

/** Counts what an agent has consumed, from recorded steps alone, and refuses to go beyond its limits. */
export class Budget {
  turns = 0;
  private inputTokens = 0;
  private outputTokens = 0;
  private cachedTokens = 0;
  private usd = 0;
  /** False as soon as one reply had no known price; a sum with holes would be a lie. */
  private priced = true;
  private milliseconds = 0;

  constructor(
    private readonly plan: string,
    private readonly limits: Limits,
  ) {}

  /** One more reply of the model. */
  took(usage: Usage, ms: number): void {
    this.turns++;
    this.inputTokens += usage.inputTokens;
    this.outputTokens += usage.outputTokens;
    this.cachedTokens += usage.cachedTokens;
    if (usage.usd === undefined) this.priced = false;
    else this.usd += usage.usd;
    this.milliseconds += ms;
  }

  spent(ms: number): void {
    this.milliseconds += ms;
  }

  /** Throws the problem of the first limit that is reached; called before each new request. */
  check(): void {
    const { plan, limits } = this;
    if (this.turns >= limits.turns) throw problem('agent.turnLimit', { plan, limit: limits.turns });
    const tokens = this.inputTokens + this.outputTokens;
    if (tokens >= limits.tokens)
      throw problem('agent.tokenLimit', { plan, used: tokens, limit: limits.tokens });
    if (this.usd > 0 && this.usd >= limits.usd)
      throw problem('agent.costLimit', { plan, used: Number(this.usd.toFixed(4)), limit: limits.usd });
    this.checkTime();
  }

  checkTime(): void {
    if (this.milliseconds >= this.limits.minutes * 60_000)
      throw problem('agent.timeLimit', { plan: this.plan, limit: this.limits.minutes });
  }

  outcome(summary: string): AgentOutcome {
    const counted = {
      inputTokens: this.inputTokens,
      outputTokens: this.outputTokens,
      cachedTokens: this.cachedTokens,
    };
    return {
      summary,
      turns: this.turns,
      usage: this.priced ? { ...counted, usd: this.usd } : counted,
      milliseconds: this.milliseconds,
    };
  }
}
