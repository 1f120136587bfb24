import { melodyLimits, type Melody } from '../../schemas/melody';
import { Findings } from './findings';
import type { Level } from './level';
import { checkBody } from './rules/bodies';
import { checkEdges } from './rules/edges';
import { checkExpressions } from './rules/expressions';
import { checkFlow } from './rules/flow';
import { checkNodes } from './rules/nodes';
import { checkNodePolicies } from './rules/policies';
import { checkReach } from './rules/reach';
import { checkTriggers } from './rules/triggers';
import { shapeOf } from './shape';
import { forbiddenKeys } from './source';
import type { SourceMap } from './place';
import type { Checked, CheckOptions, Finding, Path } from './types';

/** What every rule is given. */
export interface Rules {
  readonly findings: Findings;
  readonly options: CheckOptions;
  /** The Melody without its nodes; undefined where that part is malformed. */
  readonly frame: Omit<Melody, 'nodes' | 'edges'> | undefined;
  /** All levels by the text of their paths. */
  readonly bodyOf: (path: Path) => Level | undefined;
}

/**
 * Checks a document of the current version by all rules and gathers everything that is wrong. Never throws on a
 * value. `source` finds places in the text the document came from; without it places are paths alone.
 */
export function validate(
  document: unknown,
  file: string,
  options: CheckOptions = {},
  source: () => SourceMap | undefined = () => undefined,
): Checked {
  const findings = new Findings(file, source);
  const shape = shapeOf(document, findings);
  if (shape !== undefined) {
    const byPath = new Map(shape.levels.map((level) => [level.path.join('/'), level]));
    const bodyOf = (path: Path) => byPath.get(path.join('/'));
    const rules: Rules = { findings, options, frame: shape.frame, bodyOf };
    for (const level of shape.levels) {
      checkNodes(level, rules);
      checkEdges(level, rules);
    }
    for (const level of shape.levels) {
      checkFlow(level, rules);
      checkReach(level, rules);
      checkBody(level, rules);
      checkExpressions(level, rules);
      checkNodePolicies(level, rules);
    }
    checkTriggers(shape.levels[0]!, rules);
  }
  const melody = findings.hasErrors ? undefined : (document as Melody);
  return { melody, findings: findings.all() };
}

/**
 * Checks a value that came from a program or a binary file instead of a text: first that it is a bounded tree of
 * JSON without forbidden keys, then all rules.
 */
export function validateValue(value: unknown, file: string, options: CheckOptions = {}): Checked {
  const unbounded = boundFaults(value, file);
  if (unbounded.length === 0) return validate(value, file, options);
  return { melody: undefined, findings: unbounded };
}

/** Why a value of unknown origin cannot be looked at as a tree of JSON; empty when it can. */
export function boundFaults(value: unknown, file: string): readonly Finding[] {
  const findings = new Findings(file, () => undefined);
  boundTree(value, findings);
  return findings.all();
}

/** Refuses trees that are too deep (or hold themselves) and keys that mean something to objects. Not recursive. */
function boundTree(root: unknown, findings: Findings): void {
  const open: unknown[] = [root];
  // Every value of the stack has its depth at the same place of this one.
  const depths: number[] = [0];
  while (open.length > 0) {
    const [value, depth] = [open.pop(), depths.pop()!];
    if (typeof value !== 'object' || value === null) continue;
    if (depth >= melodyLimits.depth) return findings.add('melody.tooDeep', { most: melodyLimits.depth }, []);
    if (!Array.isArray(value))
      for (const key of Object.keys(value))
        if (forbiddenKeys.has(key)) findings.add('melody.keyForbidden', { key }, []);
    const inner: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
    for (const item of inner)
      if (typeof item === 'object' && item !== null) {
        open.push(item);
        depths.push(depth + 1);
      }
  }
}
