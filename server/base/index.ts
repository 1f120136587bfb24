/**
 * base: what every room stands on — outcomes, clocks, ids, disposables, events, logs.
 * Invariant: nothing here touches Node, the disk, the network or the real clock; `base/node/` adapts those.
 */
export * from './outcome';
export * from './clock';
export * from './disposable';
export * from './emitter';
export * from './context';
export * from './json';
export * from './service';
