import * as vscode from 'vscode';
import type { Ctx } from '../ctx';
import type { Params } from '../session/types';

/** Bounds as in the manifest; a hand-edited settings file may say anything. */
const bounds = {
  turns: { least: 1, most: 1000, usual: 60, whole: true },
  tokens: { least: 1000, most: 1_000_000_000, usual: 2_000_000, whole: true },
  usd: { least: 0, most: 100_000, usual: 5, whole: false },
  minutes: { least: 1, most: 10_000, usual: 30, whole: false },
  parallel: { least: 1, most: 64, usual: 4, whole: true },
  usdPerDay: { least: 0, most: 1_000_000, usual: 0, whole: false },
  tokensPerDay: { least: 0, most: 1_000_000_000_000, usual: 0, whole: true },
} as const;

/**
 * The user’s settings as the sidecar takes them. All of them have a scope no workspace can write to, so that a
 * cloned repository decides neither where prompts go nor what they may cost.
 */
export function userSettings(ctx: Ctx): Params<'settingsProvide'> {
  const settings = vscode.workspace.getConfiguration('symphony');
  const limit = (name: keyof typeof bounds) => {
    const { least, most, usual, whole } = bounds[name];
    const value = Number(settings.get(`limits.${name}`, usual));
    const kept = Number.isFinite(value) ? Math.min(most, Math.max(least, value)) : usual;
    return whole ? Math.round(kept) : kept;
  };
  const given = settings.get<unknown>('providers', []);
  const providers = (Array.isArray(given) ? given : []).filter(isProvider);
  if (Array.isArray(given) && providers.length < given.length) {
    ctx.log.warn('symphony.providers: entries without a name and an http(s) base URL are left out.');
  }
  const receiver = settings.get<unknown>('openTelemetry', '');
  return {
    model: settings.get<string>('model', '').trim(),
    providers: providers.map(({ name, baseUrl }) => ({ name, baseUrl })),
    limits: {
      turns: limit('turns'),
      tokens: limit('tokens'),
      usd: limit('usd'),
      minutes: limit('minutes'),
      parallel: limit('parallel'),
    },
    overall: {
      usdPerDay: limit('usdPerDay'),
      tokensPerDay: limit('tokensPerDay'),
      openTelemetry: isWebAddress(receiver) ? receiver : '',
    },
  };
}

function isProvider(value: unknown): value is { name: string; baseUrl: string } {
  const { name, baseUrl } = (value ?? {}) as { name?: unknown; baseUrl?: unknown };
  if (typeof name !== 'string' || !/^[a-z][a-z0-9-]*$/.test(name) || typeof baseUrl !== 'string')
    return false;
  return isWebAddress(baseUrl);
}

const isWebAddress = (text: unknown): text is string =>
  typeof text === 'string' && URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
