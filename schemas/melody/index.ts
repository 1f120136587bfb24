/** Melodies: workflows as people write them. Apart from the wire, because no client needs these to talk. */
export * from './edge';
export * from './melody';
export * from './node';
export * from './policy';
export * from './portTypes';
export * from './trigger';
