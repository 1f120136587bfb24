import type { Code } from '../../schemas/codes';

/** Failures that only a person can mend; trying again by itself would be noise. */
const needsPerson: ReadonlySet<Code> = new Set<Code>([
  'sidecar.noNode',
  'sidecar.tooNew',
  'sidecar.tooOld',
  'data.newer',
  'data.readOnly',
  'workspace.notGit',
  'workspace.bare',
  'workspace.gitMissing',
  'workspace.gitTooOld',
]);

/** Whether time alone may mend a failure to connect. */
export const mendsItself = (code: Code): boolean => !needsPerson.has(code);
