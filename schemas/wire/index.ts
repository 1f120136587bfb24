/**
 * The wire between a client (editor or command line) and the sidecar: every message there is.
 * Invariant: a message exists only if it is in `messages`; everything else is derived from it.
 */
import * as board from './board';
import * as doctor from './doctor';
import * as events from './events';
import * as execution from './execution';
import * as melody from './melody';
import * as models from './models';
import * as pit from './pit';
import * as planning from './planning';
import * as review from './review';
import * as run from './run';
import * as session from './session';
import * as template from './template';
import * as trigger from './trigger';
import * as units from './units';

export * from './common';
export * from './handshake';
export * from './board';
export * from './doctor';
export * from './events';
export * from './execution';
export * from './melody';
export * from './models';
export * from './pit';
export * from './planning';
export * from './review';
export * from './run';
export * from './session';
export * from './template';
export * from './trigger';
export * from './units';

/** Requests a client asks the sidecar. */
export const clientRequests = {
  sessionOpen: session.sessionOpen,
  secretsProvide: session.secretsProvide,
  settingsProvide: session.settingsProvide,
  sidecarStatus: session.sidecarStatus,
  sidecarHandOver: session.sidecarHandOver,
  sidecarStop: session.sidecarStop,
  modelsList: models.modelsList,
  planningShow: planning.planningShow,
  runPreview: run.runPreview,
  runExecute: run.runExecute,
  runAsk: run.runAsk,
  runList: run.runList,
  runShow: run.runShow,
  runCommand: run.runCommand,
  runAnswer: run.runAnswer,
  runRetry: execution.runRetry,
  runSkip: execution.runSkip,
  runEdit: execution.runEdit,
  runInput: execution.runInput,
  runFork: execution.runFork,
  runDetail: execution.runDetail,
  runCompare: execution.runCompare,
  runEvents: execution.runEvents,
  runAudit: execution.runAudit,
  runExport: execution.runExport,
  runImport: execution.runImport,
  melodyPreview: melody.melodyPreview,
  melodyRun: melody.melodyRun,
  templateList: template.templateList,
  templateShow: template.templateShow,
  templateInstantiate: template.templateInstantiate,
  triggerList: trigger.triggerList,
  triggerArm: trigger.triggerArm,
  triggerDisarm: trigger.triggerDisarm,
  triggerFire: trigger.triggerFire,
  triggerHistory: trigger.triggerHistory,
  pitStatus: pit.pitStatus,
  pitRestart: pit.pitRestart,
  eventsSince: events.eventsSince,
  boardSnapshot: board.boardSnapshot,
  reviewList: review.reviewList,
  reviewContent: review.reviewContent,
  reviewDecide: review.reviewDecide,
  reviewUnits: units.reviewUnits,
  reviewDecideUnits: units.reviewDecideUnits,
  reviewUndo: units.reviewUndo,
  reviewApplied: units.reviewApplied,
  reviewHistory: units.reviewHistory,
  reviewSplit: units.reviewSplit,
  reviewKeepLines: units.reviewKeepLines,
  reviewEdit: units.reviewEdit,
  reviewPlace: units.reviewPlace,
  reviewMark: units.reviewMark,
  reviewThreads: units.reviewThreads,
  reviewComment: units.reviewComment,
  reviewResolve: units.reviewResolve,
  reviewRevise: units.reviewRevise,
  reviewInterdiff: units.reviewInterdiff,
  reviewVerify: units.reviewVerify,
  doctorCheck: doctor.doctorCheck,
  doctorExport: doctor.doctorExport,
} as const;

/** Requests the sidecar asks an editor. */
export const sidecarRequests = { lmList: models.lmList, lmChat: models.lmChat } as const;

export const clientNotifications = { lmChunk: models.lmChunk } as const;

export const sidecarNotifications = {
  planningChanged: planning.planningChanged,
  eventsAppended: events.eventsAppended,
  runProgress: run.runProgress,
  boardPatch: board.boardPatch,
  reviewChanged: review.reviewChanged,
  reviewUnitsChanged: units.reviewUnitsChanged,
} as const;

export const messages = {
  ...clientRequests,
  ...sidecarRequests,
  ...clientNotifications,
  ...sidecarNotifications,
};

export type ClientRequests = typeof clientRequests;
export type ClientRequestName = keyof ClientRequests;
export type SidecarRequests = typeof sidecarRequests;
export type SidecarNotifications = typeof sidecarNotifications;
