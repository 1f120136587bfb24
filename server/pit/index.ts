/**
 * pit: the five services as one unit — started beside each other, stopped and started again together, shown together.
 * Invariant: either all five run or none does; a restart loses nothing, because what they keep is on disk.
 */
export { createPit, type Pit, type PitOptions } from './pit';
