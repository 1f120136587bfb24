/**
 * bus: one channel between the sidecar and its extensions, workers and tools — framed MessagePack over sockets, pipes
 * and inherited socket pairs; requests, streams and topics, with limits on everything that comes from outside.
 * Invariant: no bytes from a connection make it throw, hang or grow; who breaks the rules is closed with a code and
 * nobody else notices. Events of execution topics reach each subscription once and in order.
 */
export { createBus } from './hub';
export { attachPeer, connectPeer } from './peer';
export { hostName } from './types';
export type * from './types';
export { defaultLimits, mostFrameBytes, reconnecting, timing, type PeerLimits } from './limits';
export type { Counters } from './counters';
export type { HealthState } from './health';
export { kinds, priorities, type Envelope, type Kind, type PriorityName } from './envelope';
export { toLongForm, type LongForm } from './longForm';
export { covers, isPattern, isTopic, matches } from './topics';
