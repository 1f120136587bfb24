/**
 * link: how a client finds, starts, proves and attaches to the sidecar of its workspace.
 * Invariant: it knows no message beyond the handshake, so that editor and command line share it whole.
 */
export * from './places';
export * from './order';
export * from './lines';
export * from './handshake';
export * from './sockets';
export * from './launch';
export * from './attach';
export * from './failure';
