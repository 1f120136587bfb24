import type { Budget, MelodyNode, NodePolicy, Retry } from '../../../schemas/melody';
import { reachableFrom } from '../graph';
import type { Level } from '../level';
import { kindOfValue, valueFits } from '../portTypes';
import type { Json } from '../../base';
import type { Path } from '../types';
import type { Rules } from '../validate';

/** Policies that contradict themselves, the run’s, or the graph. */
export function checkNodePolicies(level: Level, rules: Rules): void {
  level.nodes.forEach((node, index) => {
    if (node?.policy === undefined) return;
    const path: Path = [...level.nodePath(index), 'policy'];
    checkOne(level, index, node, node.policy, path, rules);
    checkAgainstRun(node, node.policy, path, rules);
  });
  tellFallbackLoops(level, rules);
}

function checkOne(
  level: Level,
  index: number,
  node: MelodyNode,
  policy: NodePolicy,
  path: Path,
  rules: Rules,
): void {
  const { findings, frame } = rules;
  const { fallback, skip, compensate } = policy;
  if (fallback !== undefined && skip !== undefined)
    findings.add('melody.policyBoth', { node: node.id }, path);
  if (fallback !== undefined) {
    if ((fallback.node === undefined) === (fallback.value === undefined))
      findings.add('melody.fallbackEither', { node: node.id }, [...path, 'fallback']);
    if (fallback.node !== undefined)
      checkFallbackNode(level, index, fallback.node, [...path, 'fallback', 'node'], rules);
    if (isRecord(fallback.value))
      checkValues(level, index, 'fallback', fallback.value, [...path, 'fallback', 'value'], rules);
  }
  if (skip?.default !== undefined)
    checkValues(level, index, 'skip', skip.default, [...path, 'skip', 'default'], rules);
  if (skip !== undefined && rules.options.ignoreConnectivity !== true)
    tellEmptySkips(level, index, skip.default ?? {}, path, rules);
  if (compensate === undefined) return;
  if (
    namedNode(level, index, 'compensation', compensate.node, [...path, 'compensate', 'node'], rules) ===
    undefined
  )
    return;
  if (frame !== undefined && frame.policy?.onFailure !== 'compensate')
    findings.add('melody.compensateUnused', { node: node.id }, [...path, 'compensate']);
}

/** The node a policy names, if it is there and another one. */
function namedNode(
  level: Level,
  index: number,
  policy: string,
  id: string,
  path: Path,
  { findings }: Rules,
): number | undefined {
  const node = level.nameOf(index);
  const named = level.byId.get(id);
  if (named === undefined) findings.add('melody.policyNode', { node, policy, named: id }, path);
  else if (named === index) findings.add('melody.policySelf', { node, policy }, path);
  else return named;
  return undefined;
}

function checkFallbackNode(level: Level, index: number, id: string, path: Path, rules: Rules): void {
  const named = namedNode(level, index, 'fallback', id, path, rules);
  if (named === undefined || !reachableFrom(level.graph, index).includes(named)) return;
  rules.findings.add('melody.fallbackWaits', { node: level.nameOf(index), named: id }, path);
}

/** Each fallback has one successor at most, so that a walk that meets itself has found a ring. */
function tellFallbackLoops(level: Level, rules: Rules): void {
  const next = (index: number) => {
    const id = level.nodes[index]?.policy?.fallback?.node;
    return id === undefined ? undefined : level.byId.get(id);
  };
  const walked = new Int32Array(level.nodes.length).fill(-1);
  level.nodes.forEach((_node, start) => {
    const way: number[] = [];
    let at: number | undefined = start;
    while (at !== undefined && walked[at] === -1) {
      walked[at] = start;
      way.push(at);
      at = next(at);
    }
    if (at === undefined || walked[at] !== start) return;
    const ring = [...way.slice(way.indexOf(at)), at];
    if (ring.length === 2) return;
    const path = ring.map((node) => level.nameOf(node)).join('→');
    rules.findings.add('melody.fallbackLoop', { path }, [
      ...level.nodePath(at),
      'policy',
      'fallback',
      'node',
    ]);
  });
}

const isRecord = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function checkValues(
  level: Level,
  index: number,
  policy: string,
  values: Readonly<Record<string, Json>>,
  path: Path,
  rules: Rules,
): void {
  const { outputs } = level.ports(index)!;
  const node = level.nameOf(index);
  for (const [port, value] of Object.entries(values)) {
    const out = outputs.get(port);
    if (out === undefined) {
      const known = outputs.names.join(', ') || '–';
      rules.findings.add('melody.policyPort', { node, policy, port, known }, [...path, port], {
        onKey: true,
      });
    } else if (out.type !== undefined && rules.options.ignoreTypes !== true && !valueFits(value, out.type)) {
      const args = {
        what: `the ${policy} value of “${port}”`,
        node,
        expected: out.type.text,
        actual: kindOfValue(value),
      };
      rules.findings.add('melody.valueMisfit', args, [...path, port]);
    }
  }
}

function tellEmptySkips(
  level: Level,
  index: number,
  values: Readonly<Record<string, Json>>,
  path: Path,
  rules: Rules,
): void {
  for (const { from, out, in: port, edge } of level.links)
    if (from === index && out !== undefined && port?.needed === true && !port.many && !(out.name in values))
      rules.findings.add('melody.skipEmpty', { node: level.nameOf(index), port: out.name, to: edge.to }, [
        ...path,
        'skip',
      ]);
}

function checkAgainstRun(node: MelodyNode, policy: NodePolicy, path: Path, { findings, frame }: Rules): void {
  const run = frame?.policy;
  for (const what of ['tokens', 'usd', 'minutes'] as const satisfies readonly (keyof Budget)[]) {
    const [found, most] = [policy.budget?.[what], run?.budget?.[what]];
    if (found !== undefined && most !== undefined && found > most)
      findings.add('melody.budgetOver', { node: node.id, what, found, most }, [...path, 'budget', what]);
  }
  const most = run?.timeoutMinutes;
  if (most === undefined) return;
  if (policy.timeoutMinutes !== undefined && policy.timeoutMinutes > most)
    findings.add('melody.timeoutOver', { node: node.id, found: policy.timeoutMinutes, most }, [
      ...path,
      'timeoutMinutes',
    ]);
  const pauses = policy.retry === undefined ? 0 : pausesOf(policy.retry) / 60;
  if (pauses > most) {
    const found = Math.round(pauses * 10) / 10;
    findings.add('melody.retryOver', { node: node.id, found, most }, [...path, 'retry']);
  }
}

/** All pauses between the tries together, in seconds. */
export function pausesOf({ tries, backoff = 'exponential', seconds = 1, mostSeconds = 60 }: Retry): number {
  let sum = 0;
  for (let pause = 1; pause < tries; pause++) {
    const factor = backoff === 'constant' ? 1 : backoff === 'linear' ? pause : 2 ** (pause - 1);
    sum += Math.min(seconds * factor, Math.max(mostSeconds, seconds));
  }
  return sum;
}
