/**
 * triggers: what starts runs without a person at the keyboard — files, git, clocks, webhooks, other runs.
 * Invariant: nothing fires that a person has not armed as it stands; every firing is recorded before its
 * run starts, and no moment fires twice.
 */
export * from './types';
export { createTriggers, mostPerMinute } from './service';
export { openSchedule, lookAt, type Schedule, type ScheduleFault, type DueLook } from './schedule';
export { workspacePorts, type WorkspaceParts } from './workspacePorts';
export { watchFilesIn, type FileWatchOptions } from './fileWatch';
export { watchRepository, type GitWatchOptions } from './gitWatch';
export { deepestChain } from './sources';
