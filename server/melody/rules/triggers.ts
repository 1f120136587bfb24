import type { Level } from '../level';
import type { Path } from '../types';
import type { Rules } from '../validate';
import { isMelodyPath } from './nodes';

/** Triggers that could never fire, or that feed inputs which are not there. */
export function checkTriggers(level: Level, { findings, frame }: Rules): void {
  const inputs = level.nodes.flatMap((node) => (node?.kind === 'input' ? [node.id] : []));
  const ids = new Map<string, number>();
  frame?.triggers?.forEach((trigger, index) => {
    const path: Path = ['triggers', index];
    const first = ids.get(trigger.id);
    if (first === undefined) ids.set(trigger.id, index);
    else {
      const where = findings.where(['triggers', first]);
      findings.add('melody.idTwice', { id: trigger.id, first: where }, [...path, 'id']);
    }
    for (const input of Object.keys(trigger.inputs ?? {}))
      if (!inputs.includes(input)) {
        const args = { trigger: trigger.id, input, known: inputs.join(', ') || '–' };
        findings.add('melody.triggerInput', args, [...path, 'inputs', input], { onKey: true });
      }
    if (trigger.on === 'chained' && !isMelodyPath(trigger.melody))
      findings.add('melody.path', { path: trigger.melody }, [...path, 'melody']);
    if (trigger.on !== 'cron') return;
    const detail = scheduleFault(trigger.schedule);
    if (detail !== undefined)
      findings.add('melody.schedule', { schedule: trigger.schedule, detail }, [...path, 'schedule']);
  });
}

const fields = [
  { name: 'minute', least: 0, most: 59 },
  { name: 'hour', least: 0, most: 23 },
  { name: 'day', least: 1, most: 31 },
  { name: 'month', least: 1, most: 12 },
  { name: 'weekday', least: 0, most: 7 },
] as const;

/** What is wrong with a schedule of five fields, or undefined. */
export function scheduleFault(schedule: string): string | undefined {
  const parts = schedule.trim().split(/\s+/);
  if (parts.length !== fields.length) return `it has ${parts.length} fields, not 5`;
  for (const [index, { name, least, most }] of fields.entries())
    for (const piece of parts[index]!.split(',')) {
      const match = /^(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/.exec(piece);
      const numbers = match?.slice(1, 3).flatMap((text) => (text === undefined ? [] : [Number(text)]));
      if (numbers === undefined || match?.[3] === '0') return `“${piece}” is no ${name}`;
      if (numbers.some((number) => number < least || number > most))
        return `the ${name} must be ${least} to ${most}, not ${piece}`;
      if (numbers.length === 2 && numbers[0]! > numbers[1]!) return `${piece} goes backwards`;
    }
  return undefined;
}
