import { createTwoFilesPatch } from 'diff';
import { problem } from '../base';
import type { Contents } from './contents';
import type { Register } from './register';
import { textOf } from './texts';
import type { Artifact, Lineage, LineageStep } from './types';

/** Larger texts are not compared: it would keep others waiting. */
const mostComparedBytes = 4 * 1024 * 1024;
/** How long a comparison may take, in milliseconds. */
const mostCompareMs = 2000;

/** How far lineage is followed. */
const mostSteps = 500;

/** The lines that differ between two versions, as a patch. Throws `artifact.binary`, `artifact.tooLarge`, `artifact.tooDifferent`. */
export async function compare(contents: Contents, one: Artifact, other: Artifact): Promise<string> {
  const [before, after] = await Promise.all([one, other].map((side) => asText(contents, side)));
  const titles = [one, other].map(({ name, version }) => `${name} (${version})`);
  const patch = createTwoFilesPatch(titles[0]!, titles[1]!, before!, after!, undefined, undefined, {
    timeout: mostCompareMs,
  });
  if (patch === undefined) throw problem('artifact.tooDifferent', { name: other.name });
  return patch;
}

async function asText(contents: Contents, { hash, name, size }: Artifact): Promise<string> {
  if (size > mostComparedBytes) throw problem('artifact.tooLarge', { name, size, most: mostComparedBytes });
  const bytes = await contents.get(hash);
  if (bytes === undefined) throw problem('artifact.unknown', { hash });
  const text = textOf(bytes, mostComparedBytes);
  if (text === undefined) throw problem('artifact.binary', { name });
  return text;
}

/** What bytes were made from, and what was made from them, step by step; the nearest first. */
export function lineageOf(register: Register, hash: string): Lineage {
  const artifacts = register.ofHash(hash);
  const up = followed(hash, (at) => register.ofHash(at).flatMap(({ inputs }) => inputs));
  const down = followed(hash, (at) => register.madeFrom(at).map((made) => made.hash));
  const steps = (found: readonly Omit<LineageStep, 'artifacts'>[]): LineageStep[] =>
    found.map((step) => ({ ...step, artifacts: register.ofHash(step.hash) }));
  return { artifacts, up: steps(up), down: steps(down) };
}

function followed(from: string, next: (hash: string) => readonly string[]): Omit<LineageStep, 'artifacts'>[] {
  const found: Omit<LineageStep, 'artifacts'>[] = [];
  const seen = new Set([from]);
  // The list grows while it is gone through.
  const open = [{ hash: from, distance: 0 }];
  for (const { hash, distance } of open)
    for (const one of next(hash)) {
      if (seen.has(one) || found.length >= mostSteps) continue;
      seen.add(one);
      found.push({ hash: one, by: hash, distance: distance + 1 });
      open.push({ hash: one, distance: distance + 1 });
    }
  return found;
}
