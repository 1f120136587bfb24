import type { Problem } from '../../schemas/codes';
import type { Trigger } from '../../schemas/melody';
import { ProblemError } from '../base';
import type { ArmedTrigger, Firings } from '../storage';
import { scheduleOf } from './sources';
import type { MelodyFile, TriggerState, TriggerView } from './types';

/** Names a trigger among all; no path or id has this character. */
export const nameText = (melody: string, trigger: string): string => `${melody}\0${trigger}`;

/** The melody and trigger of anything that has both. */
export const nameOf = ({ melody, trigger }: { readonly melody: string; readonly trigger: string }) => ({
  melody,
  trigger,
});

/** What is known of triggers beside their files. */
export interface Looks {
  readonly firings: Firings;
  readonly broken: ReadonlyMap<string, Problem>;
  readonly isListening: (name: string) => boolean;
  readonly address: (path: string) => string | undefined;
}

/** All triggers of all Melodies, and armed ones that are gone from their file. */
export function viewsOf(looks: Looks, files: readonly MelodyFile[]): readonly TriggerView[] {
  const views = files.flatMap(({ path, melody }) =>
    (melody.triggers ?? []).map((definition) => viewOf(looks, path, definition)),
  );
  const listed = new Set(views.map(({ melody, trigger }) => nameText(melody, trigger)));
  const gone = looks.firings.armed().filter((one) => !listed.has(nameText(one.melody, one.trigger)));
  return [...views, ...gone.map((armed) => goneView(looks, armed))];
}

/** A trigger as people see it. */
export function viewOf(looks: Looks, melody: string, definition: Trigger): TriggerView {
  const { id: trigger, on } = definition;
  const armed = looks.firings.armed().find((one) => one.melody === melody && one.trigger === trigger);
  const broken = looks.broken.get(nameText(melody, trigger));
  const isListening = looks.isListening(nameText(melody, trigger));
  return {
    ...{ melody, trigger, on },
    state: stateOf(definition, armed, broken),
    problem: broken ?? armed?.problem ?? null,
    armedAt: armed?.at ?? null,
    nextDue: isListening && armed !== undefined ? nextDue(melody, definition, armed.mark) : null,
    last: looks.firings.last(melody, trigger) ?? null,
    address: (on === 'webhook' && isListening ? looks.address(definition.path) : null) ?? null,
  };
}

function goneView({ firings }: Looks, armed: ArmedTrigger): TriggerView {
  const { melody, trigger, state, problem, at } = armed;
  const last = firings.last(melody, trigger) ?? null;
  const base = { melody, trigger, on: last?.on ?? null, nextDue: null, address: null, last };
  return { ...base, state, problem, armedAt: at };
}

function stateOf(
  { on, enabled }: Trigger,
  armed: ArmedTrigger | undefined,
  broken: Problem | undefined,
): TriggerState {
  if (enabled === false) return 'off';
  if (on === 'manual') return 'ready';
  if (broken !== undefined) return 'broken';
  return armed?.state ?? 'disarmed';
}

function nextDue(melody: string, definition: Trigger, mark: number): number | null {
  if (definition.on !== 'cron') return null;
  try {
    return scheduleOf(melody, definition).next(mark) ?? null;
  } catch (thrown) {
    if (thrown instanceof ProblemError) return null;
    throw thrown;
  }
}
