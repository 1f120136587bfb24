/**
 * git: the user's repository, read; the private repository, where everything is written.
 * Invariant: no call writes into the user's `.git`, but for a new branch a person asked for, or runs anything a
 * repository configures.
 */
export * from './types';
export {
  inspectUserRepository,
  fingerprintOf,
  readUserSettings,
  type Fingerprint,
  type UserEnvironment,
} from './userRepository';
export { openPrivateRepository, type OpenOptions } from './privateRepository';
export { prepareDependencies } from './prepareDependencies';
export { ignoredPaths, isAncestor, isMerge, readRefs, type IgnoredOptions, type Refs } from './watching';
