import type { Melody, MelodyNode } from '../../schemas/melody';
import { templateFormat, type Parameter, type Template } from '../../schemas/template';
import { copied } from './place';

/** What a person says of a template that is made of a Melody. */
export type Heading = Pick<Template, 'id' | 'name' | 'description'> &
  Partial<Pick<Template, 'author' | 'category' | 'tags'>>;

/**
 * A first template of a Melody: each of its inputs becomes a parameter that takes the input's default along. The
 * author goes on from there; what it makes is the Melody itself.
 */
export function draftTemplate(melody: Melody, heading: Heading): Template {
  const inputs = melody.nodes.filter((node) => node.kind === 'input');
  const names = new Set<string>();
  const parameters = inputs.map((node) => parameterOf(node, names));
  return {
    format: templateFormat,
    ...heading,
    version: '0.1.0',
    parameters,
    placeholders: inputs.map(({ id }, at) => ({
      parameter: parameters[at]!.name,
      path: ['nodes', { id }, 'default'],
    })),
    melody: copied(melody),
  };
}

function parameterOf(node: Extract<MelodyNode, { readonly kind: 'input' }>, taken: Set<string>): Parameter {
  const label = node.name === undefined || node.name === '' ? node.id : node.name;
  const type = typeOf(node.type);
  const whole = type !== 'object' || isObject(node.default);
  return {
    name: nameOf(node.id, taken),
    label: label.slice(0, 100),
    type,
    ...(node.description === undefined ? {} : { description: node.description.slice(0, 1000) }),
    ...(node.default === undefined || !whole ? { required: true } : { default: node.default }),
  };
}

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function typeOf(port: string): Parameter['type'] {
  if (port === 'number' || port === 'boolean') return port;
  if (port === 'file') return 'path';
  if (port.startsWith('list<')) return 'list';
  return port === 'json' || port === 'any' ? 'object' : 'text';
}

/** Ids may hold more than names of parameters; what then is equal gets a number. */
function nameOf(id: string, taken: Set<string>): string {
  const words = id.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const joined = words.map((word, at) => (at === 0 ? word : word[0]!.toUpperCase() + word.slice(1))).join('');
  const plain = `${joined.replace(/^[^A-Za-z]+/, '').slice(0, 50) || 'value'}`;
  const first = plain[0]!.toLowerCase() + plain.slice(1);
  let name = first;
  for (let count = 2; taken.has(name); count++) name = `${first}${count}`;
  taken.add(name);
  return name;
}
