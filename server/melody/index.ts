/**
 * melody: workflows as people write them — read, checked, ordered, written, with their comments kept.
 * Invariant: no text and no bytes make it throw; every fault is a finding with a code and a place. No I/O.
 */
export { isBinary, readBinary, writeBinary } from './binary';
export { compileMelody, type CompileOptions } from './compile';
export type { LoadMelody } from './compileScope';
export { gatherSubworkflows } from './compileSubworkflow';
export { checkInputs, checkValue, type Misfit } from './compileValues';
export { cyclesOf } from './cycles';
export { commentsOf, editText } from './edit';
export {
  checkExpression,
  evaluateExpression,
  mostSteps,
  newPurse,
  prepareExpression,
  scopes,
  type PreparedExpression,
  type Purse,
  type Scope,
} from './expressions';
export { finding, wholeFile } from './findings';
export { formatMelody, formatText } from './format';
export * from './graph';
export { defineMigrations, migrations, type Migration, type Migrations } from './migrate';
export { pathText, placeText, SourceMap } from './place';
export { fits, kindOfValue, parsePortType, valueFits, type PortType } from './portTypes';
export { portsOf, type Ports } from './ports';
export { readMelody, readMelodyFile, type ReadMelody } from './read';
export { readSource } from './source';
export type { Checked, CheckOptions, Compression, Edit, Finding, Path, Place } from './types';
export { differences, updateText } from './update';
export { validate, validateValue } from './validate';
