/**
 * artifacts: bytes by their hash, with names, versions, lineage, tags, search and quality above them.
 * Invariant: what was acknowledged reads back verified or is told to be damaged; what is referred to is never removed.
 */
export * from './types';
export { createArtifacts } from './store';
export type { ArtifactsOptions } from './open';
export { fileKeys, type StoreKey, type StoreKeys } from './keys';
export { asName, checkedArtifact } from './about';
