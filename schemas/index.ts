/**
 * schemas: where the three programs meet. Wire messages, journal events, and the table of codes.
 * Invariant: nothing here does anything; `link/` alone, the client's side of attaching, uses Node built-ins.
 */
export * from './codes';
export * from './define';
export * from './journal/events';
export * from './journal/workflow';
export * from './wire';
