/**
 * base/node: base's ports on Node — clock, randomness, durable files, processes, logs.
 * Invariant: the only rooms that see it are those that touch the outside; pure rooms never import it.
 */
export * from './system';
export * from './files';
export * from './processes';
export * from './log';
export * from './memory';
export * from './zstd';
