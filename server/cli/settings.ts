import path from 'node:path';
import { existsSync, realpathSync } from 'node:fs';
import { fillText, type Overall } from '../../schemas';
import type { Job } from './job';
import { texts } from './texts';
import type { Sidecar } from './wire';

/** Limits per plan where a command line brings providers of its own; an editor sends the user's settings. */
const limits = { turns: 60, tokens: 2_000_000, usd: 5, minutes: 30, parallel: 3 };

export interface ModelOptions {
  readonly model?: string;
  readonly baseUrl?: readonly string[];
  readonly usdPerDay?: string;
  readonly tokensPerDay?: string;
  readonly openTelemetry?: string;
}

/** Hands over providers given as `name=url`, then the API keys the environment holds for known providers. */
export async function provide(job: Job, sidecar: Sidecar, options: ModelOptions): Promise<void> {
  const providers = (options.baseUrl ?? []).map((value) => {
    const found = /^([a-z][a-z0-9-]*)=(https?:\/\/.+)$/.exec(value);
    if (found === null) throw new UsageError(fillText(texts.badBaseUrl, { value }));
    return { name: found[1]!, baseUrl: found[2]! };
  });
  if (providers.length > 0)
    await sidecar.call('settingsProvide', { model: options.model ?? '', providers, limits });
  const overall = overallOf(options);
  if (Object.keys(overall).length > 0) await sidecar.call('settingsAdjust', overall);
  const known = await sidecar.call('modelsList', {});
  const keys = known.providers.flatMap(({ name, variable }) => {
    const key = variable === null ? undefined : job.host.env[variable];
    return key === undefined || key === '' ? [] : [{ provider: name, key }];
  });
  // Also when there are none: a run that was taken over waits until somebody has told all they know.
  await sidecar.call('secretsProvide', { keys });
}

/** What holds for all runs together, as far as it is given. */
function overallOf({ usdPerDay, tokensPerDay, openTelemetry }: ModelOptions): Overall {
  const number = (value: string, whole: boolean): number => {
    const found = Number(value);
    if (value.trim() !== '' && found >= 0 && found < Infinity && (!whole || Number.isSafeInteger(found)))
      return found;
    throw new UsageError(fillText(texts.badAmount, { value }));
  };
  if (openTelemetry !== undefined && openTelemetry !== '' && !/^https?:\/\/.+/.test(openTelemetry))
    throw new UsageError(fillText(texts.badReceiver, { value: openTelemetry }));
  return {
    ...(usdPerDay === undefined ? {} : { usdPerDay: number(usdPerDay, false) }),
    ...(tokensPerDay === undefined ? {} : { tokensPerDay: number(tokensPerDay, true) }),
    ...(openTelemetry === undefined ? {} : { openTelemetry }),
  };
}

/** A wrong command line; its message is a sentence for people. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** `3-10` as lines. */
export function linesOf(value: string | undefined): { from: number; to: number } | undefined {
  if (value === undefined) return undefined;
  const found = /^([1-9]\d{0,8})(?:-([1-9]\d{0,8}))?$/.exec(value);
  const [from, to] = [Number(found?.[1]), Number(found?.[2] ?? found?.[1])];
  if (found === null || to < from) throw new UsageError(fillText(texts.badLines, { value }));
  return { from, to };
}

/**
 * A path given in the terminal, from the current folder or from the workspace, as the wire wants it: below the
 * workspace, with forward slashes.
 */
export function belowRoot(job: Job, given: string): string {
  const root = realpathSync(job.root);
  const places = [job.host.cwd, root].map((from) => path.resolve(from, given));
  const place = places.find((one) => existsSync(path.dirname(one))) ?? places[0]!;
  const folder = existsSync(path.dirname(place)) ? realpathSync(path.dirname(place)) : path.dirname(place);
  const relative = path.relative(root, path.join(folder, path.basename(place)));
  if (relative === '' || relative.startsWith('..') || path.isAbsolute(relative))
    throw new UsageError(fillText(texts.outside, { path: given, root }));
  return relative.split(path.sep).join('/');
}
