/**
 * The names of port types and which may flow into which; data alone, so that the editor, the validator
 * and the documentation read the same table.
 *
 *     type   = "any" | "text" | "json" | "file" | "number" | "boolean"
 *            | "artifact" [ "<" word ">" ]        (no word: an artifact of whatever sort)
 *            | "list" "<" type ">"                (at most 8 lists deep)
 *     word   = a lower-case letter, then lower-case letters, digits or "-", for example "test-report"
 */
export const baseTypes = ['any', 'text', 'json', 'file', 'number', 'boolean', 'artifact', 'list'] as const;
export type BaseType = (typeof baseTypes)[number];

/** How many lists may lie in each other in the name of a type. */
export const deepestList = 8;

/** Names of types as a pattern for editors; it does not count how deep lists lie. */
export const portTypePattern = /^(list<)*(any|text|json|file|number|boolean|artifact(<[a-z][a-z0-9-]*>)?)>*$/
  .source;

/**
 * One row: a value of `from` may flow into a port of `to`.
 * - `always`: as it is;
 * - `inner`: if what stands between the angle brackets fits too (an artifact without a word takes every word);
 * - `runtime`: allowed here, and the value is checked when it arrives.
 */
export interface FlowRule {
  readonly from: BaseType;
  readonly to: BaseType;
  readonly when: 'always' | 'inner' | 'runtime';
}

/** Every pair that is not listed does not fit. */
export const flowRules: readonly FlowRule[] = [
  ...baseTypes.map((from): FlowRule => ({ from, to: 'any', when: 'always' })),
  ...baseTypes.filter((to) => to !== 'any').map((to): FlowRule => ({ from: 'any', to, when: 'runtime' })),
  { from: 'text', to: 'text', when: 'always' },
  { from: 'json', to: 'json', when: 'always' },
  { from: 'file', to: 'file', when: 'always' },
  { from: 'number', to: 'number', when: 'always' },
  { from: 'boolean', to: 'boolean', when: 'always' },
  { from: 'artifact', to: 'artifact', when: 'inner' },
  { from: 'list', to: 'list', when: 'inner' },
  // JSON holds these as they are.
  { from: 'text', to: 'json', when: 'always' },
  { from: 'number', to: 'json', when: 'always' },
  { from: 'boolean', to: 'json', when: 'always' },
  { from: 'list', to: 'json', when: 'inner' },
  // JSON may be any of these; which one shows when it arrives.
  { from: 'json', to: 'text', when: 'runtime' },
  { from: 'json', to: 'number', when: 'runtime' },
  { from: 'json', to: 'boolean', when: 'runtime' },
  { from: 'json', to: 'list', when: 'runtime' },
  // An artifact lies in a file; a file is no artifact before something made it one.
  { from: 'artifact', to: 'file', when: 'always' },
];
