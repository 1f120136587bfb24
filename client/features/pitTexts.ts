import * as vscode from 'vscode';
import type { PitServiceStatus } from '../../schemas/wire';

const { t } = vscode.l10n;

export function pitServiceText(name: PitServiceStatus['name']): string {
  switch (name) {
    case 'pool':
      return t('Pool: models and processes');
    case 'tracker':
      return t('Tracker: runs');
    case 'artifacts':
      return t('Artifacts');
    case 'arbitration':
      return t('Arbitration: locks and merges');
    case 'stale':
      return t('Retention');
  }
}

/** The states of services and of what they look after; a word nobody has listed is shown as it is. */
export function pitStateText(state: string): string {
  const texts: Readonly<Record<string, string>> = {
    stopped: t('stopped'),
    starting: t('starting'),
    running: t('running'),
    failed: t('failed'),
    cold: t('cold'),
    warming: t('warming'),
    hot: t('ready'),
    cooling: t('cooling'),
    waiting: t('waiting'),
    held: t('held'),
    shared: t('shared'),
    exclusive: t('exclusive'),
    archived: t('archived'),
    open: t('open'),
    spent: t('spent'),
    paused: t('paused'),
    undoable: t('can be undone'),
    over: t('cannot be undone any more'),
    collision: t('collision'),
    merging: t('merging'),
    warm: t('compressed'),
    enabled: t('on'),
    disabled: t('off'),
  };
  return texts[state] ?? state;
}

/** A fact in words: bytes, durations and shares in the units people read. */
export function pitFactText(name: string, value: string | number): string {
  return t('{name}: {value}', { name: factName(name), value: valueText(name, value) });
}

function valueText(name: string, value: string | number): string {
  if (typeof value === 'string') return value;
  if (/bytes|saved|memory/i.test(name)) return bytesText(value);
  if (/Ms$/.test(name))
    return value < 1000
      ? t('{count} ms', { count: Math.round(value) })
      : t('{count} s', { count: (value / 1000).toFixed(1) });
  if (/usd/i.test(name)) return t('{usd} US dollars', { usd: value.toFixed(2) });
  return Number.isInteger(value) ? value.toLocaleString() : value.toFixed(2);
}

function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = bytes;
  let unit = 0;
  for (; size >= 1000 && unit < units.length - 1; unit++) size /= 1000;
  return `${unit === 0 ? size : size.toFixed(1)} ${units[unit]!}`;
}

function factName(name: string): string {
  const names: Readonly<Record<string, string>> = {};
  return names[name] ?? name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
}
