import { checkExpression, type ExpressionFault, type KnownPorts, type Scope } from '../expressions';
import type { Level } from '../level';
import { endPort } from '../ports';
import type { Path } from '../types';
import type { Rules } from '../validate';

/** Understands every expression of a level and tells the character at which one cannot be. */
export function checkExpressions(level: Level, rules: Rules): void {
  const understood = new Map<string, ExpressionFault | undefined>();
  const look = (text: string, scope: Scope, path: Path, known?: KnownPorts) => {
    const key = `${scope}\n${text}`;
    // Names of ports differ from node to node; what speaks of none is understood once.
    const fault =
      known === undefined && understood.has(key) ? understood.get(key) : checkExpression(text, scope, known);
    if (known === undefined) understood.set(key, fault);
    if (fault === undefined) return;
    const args = { detail: fault.detail, at: fault.at + 1 };
    rules.findings.add('melody.expression', args, path, { inside: fault.at });
  };
  level.nodes.forEach((node, index) => {
    if (node?.kind === 'branch') {
      const inputs = new Set(level.ports(index)!.inputs.names);
      node.cases.forEach(({ when }, at) =>
        look(when, 'branch', [...level.nodePath(index), 'cases', at, 'when'], { inputs }),
      );
    }
    if (node?.kind === 'loop') {
      const body = rules.bodyOf([...level.nodePath(index), 'body']);
      const inputs = new Set(level.ports(index)!.inputs.names);
      const outputs = new Set(
        body?.nodes.flatMap((inner) => (inner?.kind === 'output' ? [endPort(inner)] : [])),
      );
      for (const word of ['while', 'until'] as const)
        if (node[word] !== undefined)
          look(node[word], 'loop', [...level.nodePath(index), word], { inputs, outputs });
    }
  });
  let from: ReadonlyMap<number, number> | undefined;
  level.edges.forEach((edge, index) => {
    if (edge?.kind === 'conditional') {
      from ??= new Map(level.links.map((link) => [link.index, link.from]));
      const source = from.get(index);
      const ports = source === undefined ? undefined : level.ports(source);
      const known = ports === undefined ? undefined : { outputs: new Set(ports.outputs.names) };
      look(edge.when, 'edge', [...level.edgePath(index), 'when'], known);
    }
    if (edge?.kind !== 'data' || edge.transform === undefined) return;
    const path: Path = [...level.edgePath(index), 'transform'];
    const { transform } = edge;
    if (transform.op === 'map') look(transform.each, 'item', [...path, 'each']);
    if (transform.op === 'filter') look(transform.keep, 'keep', [...path, 'keep']);
    if (transform.op === 'reduce') look(transform.next, 'reduce', [...path, 'next']);
  });
}
