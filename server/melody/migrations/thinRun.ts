import type { Json } from '../../base';
import { workflow } from '../../../schemas';
import { nodeIdPattern } from '../../../schemas/melody/node';

/**
 * Version 0 is the workflow as the thin engine runs it; each of its nodes becomes an operator, its order control
 * edges, its limits resource classes. Throws on a value that is no such workflow.
 */
export function melodyOfThinRun(value: Json): Json {
  const parsed = workflow.safeParse(value);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw new Error(`${path.map(String).join('.')}: ${message}`);
  }
  const { title, nodes, limits } = parsed.data;
  const idOf = namer(nodes.map(({ id }) => id));
  return {
    version: 1,
    id: slug(title) || 'melody',
    name: title === '' ? 'Melody' : title,
    ...(Object.keys(limits).length > 0 ? { settings: { resources: limits } } : {}),
    nodes: nodes.map((node) => ({
      id: idOf(node.id),
      kind: 'operator',
      ...(node.title === '' ? {} : { name: node.title }),
      operator: node.kind,
      ...(node.resource === '' ? {} : { resource: node.resource }),
      ...(node.params === null ? {} : { config: node.params as Json }),
      ...(node.retries === 0 ? {} : { policy: { retry: { tries: Math.min(20, node.retries + 1) } } }),
    })),
    edges: nodes.flatMap((node) =>
      node.after.map((before) => ({ kind: 'control', from: idOf(before), to: idOf(node.id) })),
    ),
  };
}

const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 100);

/** Ids of Melodies hold fewer characters; what they cannot hold becomes `_`, and what then is equal gets a number. */
function namer(ids: readonly string[]): (id: string) => string {
  const taken = new Set(ids.filter((id) => nodeIdPattern.test(id)));
  const names = new Map<string, string>();
  return (id) => {
    if (nodeIdPattern.test(id)) return id;
    const known = names.get(id);
    if (known !== undefined) return known;
    const plain = `_${id.replace(/[^A-Za-z0-9_.:/@-]/g, '_')}`.slice(0, 190);
    let name = plain;
    for (let count = 2; taken.has(name); count++) name = `${plain}_${count}`;
    taken.add(name);
    names.set(id, name);
    return name;
  };
}
