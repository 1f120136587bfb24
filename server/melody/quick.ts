import { nodeIdPattern, portNamePattern } from '../../schemas/melody';

/**
 * Sees at a glance that the commonest forms are good, which costs a tenth of asking the schemas. Whatever is not
 * plainly good is for the schemas to judge; a property test holds that nothing they refuse is called good here.
 */
export function isPlainEdge(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { kind, from, to } = value;
  if (kind !== 'data' && kind !== 'control') return false;
  if (!isText(from, 300) || !isText(to, 300)) return false;
  let keys = 0;
  for (const _key in value) if (++keys > 3) return false;
  return true;
}

/** The same for the ports of a node. */
export function arePlainPorts(value: unknown, side: 'inputs' | 'outputs'): boolean {
  if (!Array.isArray(value) || value.length > 200) return false;
  for (const port of value as readonly unknown[]) {
    if (!isRecord(port)) return false;
    for (const key in port)
      switch (key) {
        case 'name':
        case 'type':
          break;
        case 'required':
          if (side === 'outputs' || typeof port[key] !== 'boolean') return false;
          break;
        default:
          return false;
      }
    if (!isText(port['name'], 60) || !portNamePattern.test(port['name']) || !isText(port['type'], 200))
      return false;
  }
  return true;
}

/** The same for a node without its ports: one that has only what every node of these kinds has. */
export function isPlainNode(value: Readonly<Record<string, unknown>>): boolean {
  const own =
    value['kind'] === 'instrument' ? 'model' : value['kind'] === 'operator' ? 'operator' : undefined;
  if (own === undefined || !isText(value[own], 100)) return false;
  if (!isText(value['id'], 200) || !nodeIdPattern.test(value['id'])) return false;
  for (const key in value)
    switch (key) {
      case 'id':
      case 'kind':
      case 'inputs':
      case 'outputs':
        break;
      case 'name':
        if (typeof value[key] !== 'string' || value[key].length > 300) return false;
        break;
      case 'position':
        if (!isPosition(value[key])) return false;
        break;
      default:
        if (key !== own) return false;
    }
  return true;
}

function isPosition(value: unknown): boolean {
  if (!isRecord(value) || !Number.isFinite(value['x']) || !Number.isFinite(value['y'])) return false;
  let keys = 0;
  for (const _key in value) keys++;
  return keys === 2;
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isText = (value: unknown, longest: number): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= longest;
