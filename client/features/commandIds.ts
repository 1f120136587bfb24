import { reviewCommandIds } from '../review/commandIds';

/** Every command of the manifest. A test compares both lists; the table of handlers is checked by its type. */
export const commandIds = [
  'symphony.executePhase',
  'symphony.askAgent',
  'symphony.chooseModel',
  'symphony.setApiKey',
  'symphony.answerQuestion',
  'symphony.openBoard',
  'symphony.refresh',
  'symphony.restartSidecar',
  'symphony.restartPit',
  'symphony.refreshPit',
  'symphony.doctor',
  'symphony.exportReport',
  'symphony.showLog',
  'symphony.getStarted',
  'symphony.checkpoint.create',
  'symphony.checkpoint.restore',
  'symphony.checkpoint.restoreFile',
  'symphony.checkpoint.compare',
  'symphony.pauseRun',
  'symphony.resumeRun',
  'symphony.cancelRun',
  'symphony.retryRun',
  'symphony.openChange',
  'symphony.openChangeAgainstWorking',
  'symphony.openReview',
  'symphony.openAllChanges',
  'symphony.acceptChange',
  'symphony.rejectChange',
  'symphony.acceptPlan',
  'symphony.rejectPlan',
  'symphony.acceptAll',
  'symphony.rejectAll',
  ...reviewCommandIds,
] as const;

/** Commands our own trees and pages use and nobody sees. */
export const innerCommandIds = ['symphony.openPlace', 'symphony.openQuestionFiles'] as const;

export type CommandId = (typeof commandIds)[number] | (typeof innerCommandIds)[number];
