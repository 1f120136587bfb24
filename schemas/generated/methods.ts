// Written by `npm run generate` from `schemas/wire/`; do not edit.
import type { ClientRequestName, SidecarNotifications } from '../wire';

/** The method of each request of a client, and whether asking twice harms nobody. */
export const requestMethods = {
  sessionOpen: { method: 'session/open', runs: 'write' },
  secretsProvide: { method: 'secrets/provide', runs: 'write' },
  settingsProvide: { method: 'settings/provide', runs: 'write' },
  sidecarStatus: { method: 'sidecar/status', runs: 'read' },
  sidecarHandOver: { method: 'sidecar/handOver', runs: 'write' },
  sidecarStop: { method: 'sidecar/stop', runs: 'write' },
  modelsList: { method: 'models/list', runs: 'read' },
  planningShow: { method: 'planning/show', runs: 'read' },
  runPreview: { method: 'run/preview', runs: 'read' },
  runExecute: { method: 'run/execute', runs: 'write' },
  runAsk: { method: 'run/ask', runs: 'write' },
  runList: { method: 'run/list', runs: 'read' },
  runShow: { method: 'run/show', runs: 'read' },
  runCommand: { method: 'run/command', runs: 'write' },
  runAnswer: { method: 'run/answer', runs: 'write' },
  runRetry: { method: 'run/retry', runs: 'write' },
  runSkip: { method: 'run/skip', runs: 'write' },
  runEdit: { method: 'run/edit', runs: 'write' },
  runInput: { method: 'run/input', runs: 'write' },
  runFork: { method: 'run/fork', runs: 'write' },
  runDetail: { method: 'run/detail', runs: 'read' },
  runCompare: { method: 'run/compare', runs: 'read' },
  runEvents: { method: 'run/events', runs: 'read' },
  runAudit: { method: 'run/audit', runs: 'read' },
  runExport: { method: 'run/export', runs: 'read' },
  runImport: { method: 'run/import', runs: 'write' },
  melodyPreview: { method: 'melody/preview', runs: 'read' },
  melodyRun: { method: 'melody/run', runs: 'write' },
  templateList: { method: 'template/list', runs: 'read' },
  templateShow: { method: 'template/show', runs: 'read' },
  templateInstantiate: { method: 'template/instantiate', runs: 'read' },
  eventsSince: { method: 'events/since', runs: 'read' },
  boardSnapshot: { method: 'board/snapshot', runs: 'read' },
  reviewList: { method: 'review/list', runs: 'read' },
  reviewContent: { method: 'review/content', runs: 'read' },
  reviewDecide: { method: 'review/decide', runs: 'write' },
  doctorCheck: { method: 'doctor/check', runs: 'read' },
  doctorExport: { method: 'doctor/export', runs: 'write' },
} as const satisfies Record<ClientRequestName, { method: string; runs: 'read' | 'write' }>;

/** The method of each notification of the sidecar. */
export const noticeMethods = {
  planningChanged: 'planning/changed',
  eventsAppended: 'events/appended',
  runProgress: 'run/progress',
  boardPatch: 'board/patch',
  reviewChanged: 'review/changed',
} as const satisfies Record<keyof SidecarNotifications, string>;
