import type * as z from 'zod/mini';
import {
  melodyEdge,
  melodyFrame,
  melodyLimits,
  nodeKinds,
  shallowNode,
  type Melody,
  type MelodyEdge,
  type MelodyNode,
  type NodeKind,
} from '../../schemas/melody';
import type { Findings } from './findings';
import { Level } from './level';
import { arePlainPorts, isPlainEdge, isPlainNode, isRecord } from './quick';
import type { Path } from './types';

/** A document whose form has been looked at; levels come outermost first. */
export interface Shape {
  /** What stands around the nodes and edges; undefined where that is malformed. */
  readonly frame: Omit<Melody, 'nodes' | 'edges'> | undefined;
  readonly levels: readonly Level[];
}

interface RawLevel {
  readonly path: Path;
  readonly owner: Level['owner'];
  readonly depth: number;
  readonly nodes: readonly unknown[];
  readonly edges: readonly unknown[];
}

/**
 * Holds a document against the declared schemas, level by level and node by node, so that one malformed node
 * hides nothing of the others. Not recursive. Answers undefined when there is nothing to look at further.
 */
export function shapeOf(document: unknown, findings: Findings): Shape | undefined {
  const parsed = melodyFrame.safeParse(document);
  if (!parsed.success) tell(parsed.error.issues, document, [], findings);
  const { nodes, edges } = (isObject(document) ? document : {}) as { nodes?: unknown; edges?: unknown };
  if (!Array.isArray(nodes) || !Array.isArray(edges)) return undefined;
  const levels: Level[] = [];
  const waiting: RawLevel[] = [{ path: [], owner: undefined, depth: 0, nodes, edges }];
  const count = { nodes: 0, edges: 0 };
  for (let raw = waiting.pop(); raw !== undefined; raw = waiting.pop()) {
    count.nodes += raw.nodes.length;
    count.edges += raw.edges.length;
    if (isTooMuch(count, findings)) return undefined;
    const level = levelOf(raw, findings);
    levels.push(level);
    level.nodes.forEach((node, index) => {
      if (node?.kind !== 'loop' && node?.kind !== 'map') return;
      const path: Path = [...level.nodePath(index), 'body'];
      if (raw.depth >= melodyLimits.bodies)
        return findings.add('melody.bodyTooDeep', { most: melodyLimits.bodies }, path);
      const owner = { node, path: level.nodePath(index) };
      waiting.push({ path, owner, depth: raw.depth + 1, nodes: node.body.nodes, edges: node.body.edges });
    });
  }
  return { frame: parsed.success ? (document as Melody) : undefined, levels };
}

function isTooMuch(count: { nodes: number; edges: number }, findings: Findings): boolean {
  for (const what of ['nodes', 'edges'] as const)
    if (count[what] > melodyLimits[what]) {
      findings.add('melody.tooMany', { what, found: count[what], most: melodyLimits[what] }, [what]);
      return true;
    }
  return false;
}

/** Kinds whose ports are all declared, so that they can be looked at apart from the rest. */
const declaresPorts: ReadonlySet<unknown> = new Set<NodeKind>([
  ...(['instrument', 'operator', 'merge', 'loop', 'map', 'parallel', 'join', 'subworkflow'] as const),
]);

/** Each node and edge is looked at alone, so that a malformed one costs nothing but itself. */
function levelOf({ path, owner, depth, nodes, edges }: RawLevel, findings: Findings): Level {
  const judge = <T>(value: unknown, schema: z.ZodMiniType, key: string, index: number): T | undefined => {
    const { success, error } = schema.safeParse(value);
    if (!success) tell(error.issues, value, [...path, key, index], findings);
    return success ? (value as T) : undefined;
  };
  const goodNodes = nodes.map((node, index) => {
    if (!isRecord(node)) return judge<MelodyNode>(node, shallowNode, 'nodes', index);
    const plain =
      (node['inputs'] === undefined || arePlainPorts(node['inputs'], 'inputs')) &&
      (node['outputs'] === undefined || arePlainPorts(node['outputs'], 'outputs'));
    if (plain && isPlainNode(node)) return node as unknown as MelodyNode;
    if (!plain || !declaresPorts.has(node['kind']))
      return judge<MelodyNode>(node, shallowNode, 'nodes', index);
    const { inputs: _inputs, outputs: _outputs, ...rest } = node;
    return judge(rest, shallowNode, 'nodes', index) === undefined
      ? undefined
      : (node as unknown as MelodyNode);
  });
  const goodEdges = edges.map((edge, index) =>
    isPlainEdge(edge) ? (edge as MelodyEdge) : judge<MelodyEdge>(edge, melodyEdge, 'edges', index),
  );
  const ids = nodes.map((node) => (isRecord(node) ? node['id'] : undefined));
  const level = new Level(path, owner, depth, goodNodes, goodEdges, ids);
  edges.forEach((edge, index) => {
    if (goodEdges[index] === undefined && isRecord(edge))
      level.lost.push({ from: String(edge['from']), to: String(edge['to']) });
  });
  return level;
}

/** Says what a schema refused. */
function tell(issues: readonly z.core.$ZodIssue[], value: unknown, at: Path, findings: Findings): void {
  for (const issue of issues) {
    const path: Path = [...at, ...issue.path.filter((step) => typeof step !== 'symbol')];
    if (issue.code === 'unrecognized_keys')
      for (const field of issue.keys)
        findings.add('melody.fieldUnknown', { field }, [...path, field], { onKey: true });
    else if (issue.code === 'invalid_union' && issue.path.at(-1) === 'kind')
      findings.add(
        'melody.kindUnknown',
        { kind: shown(valueAt(value, issue.path)), known: kindsAt(at) },
        path,
      );
    else
      findings.add(
        'melody.malformed',
        { detail: `${lastName(path)}${issue.message.replace(/\.$/, '')}` },
        path,
      );
  }
}

const lastName = (path: Path): string => {
  const name = path.findLast((step) => typeof step === 'string');
  return name === undefined ? '' : `${name}: `;
};
const kindsAt = (at: Path): string =>
  (at.includes('edges') && at.at(-2) === 'edges'
    ? ['data', 'control', 'conditional']
    : Object.keys(nodeKinds)
  ).join(', ');
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const shown = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 60) : String(value));

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let inner = value;
  for (const step of path)
    inner = isObject(inner) ? (inner as Record<PropertyKey, unknown>)[step] : undefined;
  return inner;
}
