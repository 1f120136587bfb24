import { Emitter, type Log } from '../base';
import type { Hint, Hints } from '../engine';
import { nextTurn, type Schedule } from './journalWriter';

/** Hints within one process. Those of one turn of the loop are one per run, with the highest seq. */
export function embeddedHints(log: Log, schedule: Schedule = nextTurn): Hints {
  const emitter = new Emitter<Hint>((thrown) =>
    log.error('a listener of hints failed', { detail: String(thrown) }),
  );
  let waiting = new Map<string, number>();
  const tellAll = () => {
    const told = waiting;
    waiting = new Map();
    for (const [run, seq] of told) emitter.fire({ run, seq });
  };
  return {
    tell(run, seq) {
      if (waiting.size === 0) schedule(tellAll, 0);
      waiting.set(run, Math.max(seq, waiting.get(run) ?? 0));
    },
    onHint: (listener) => emitter.event(listener),
  };
}
