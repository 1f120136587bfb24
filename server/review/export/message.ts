import type { ReviewSource } from '../../../schemas/wire/units';

/**
 * A commit's message: a line that says what it is, and trailers that say where it comes from, so that anybody can go
 * back from a line of code to the task, the requirement and the proof.
 */
export function commitMessage(
  title: string,
  { changeset, run }: { readonly changeset: string; readonly run: string },
  sources: readonly ReviewSource[],
): string {
  const trailers: [string, string][] = [
    ['Symphony-Run', run],
    ['Symphony-Changeset', changeset],
  ];
  for (const one of sources) {
    trailers.push(['Symphony-Plan', one.plan]);
    if (one.task !== null) trailers.push(['Symphony-Task', one.task]);
    for (const requirement of one.requirements) trailers.push(['Symphony-Requirement', requirement]);
    if (one.commit !== null) trailers.push(['Symphony-Commit', one.commit]);
    for (const { command, exitCode } of one.verified)
      trailers.push(['Symphony-Verified', `${command} (exit ${exitCode})`]);
    const cost = one.usd === null ? '' : `, ${one.usd.toFixed(4)} USD`;
    trailers.push(['Symphony-Cost', `${one.tokens} tokens${cost}`]);
  }
  const unique = [...new Set(trailers.map(([name, value]) => `${name}: ${oneLine(value)}`))];
  const subject = oneLine(sources.length === 0 ? title : sources.map((one) => one.title).join('; '));
  return `${subject.slice(0, 200) || 'Changes of an agent'}\n\n${unique.join('\n')}\n`;
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
