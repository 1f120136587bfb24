import type * as vscode from 'vscode';

/** A title in two parts: what a narrow row shows first, and the rest. */
export interface Title {
  readonly short: string;
  readonly rest: string;
}

/** What a row of a side bar of the usual width shows of a title below two levels, in characters. */
const narrow = 20;

/**
 * Splits a title where its writer did: `Cart: merge lines, remove products` is `Cart` and the rest. Without a short
 * beginning the whole title is the rest, so that ids stay readable beside it.
 */
export function titleOf(title: string): Title {
  const found = /^(.+?)(?::\s+|\s+[–—-]\s+)(.+)$/su.exec(title);
  if (found?.[1] !== undefined && found[1].length <= narrow) return { short: found[1], rest: found[2] ?? '' };
  return title.length <= narrow ? { short: title, rest: '' } : { short: '', rest: title };
}

/** `Phase 1: A cart` as the *Plan* view names phases, `1 · A cart`; other titles as they stand. */
export const phaseTitle = (title: string): string => title.replace(/^Phase (\S+): /u, '$1 · ');

/** Parts that say something, joined as side notes are. */
export const joined = (...parts: readonly string[]): string =>
  parts.filter((part) => part !== '').join(' · ');

/** One sentence for a screen reader: what a row shows, and what its icon says. */
export function spoken(item: vscode.TreeItem, ...words: readonly string[]): vscode.TreeItem {
  const label = typeof item.label === 'string' ? item.label : (item.label?.label ?? '');
  const description = typeof item.description === 'string' ? item.description : '';
  const parts = [label, ...words.filter((word) => !description.includes(word)), description];
  item.accessibilityInformation = { label: parts.filter((part) => part !== '').join(', ') };
  return item;
}
