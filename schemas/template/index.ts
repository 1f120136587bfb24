/** Templates: Melodies with open places. Apart from the wire, because no client needs these to talk. */
export * from './parameter';
export * from './template';
