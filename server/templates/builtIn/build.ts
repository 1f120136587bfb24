import type { MelodyEdge, MelodyNode } from '../../../schemas/melody';
import type { Parameter, PathStep, Placeholder, Template } from '../../../schemas/template';

export * from './nodes';

/** What a built-in template says; the rest follows from it. */
export interface Draft {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly category: string;
  readonly tags: readonly string[];
  readonly parameters: readonly Parameter[];
  /** Where values of parameters go; parameters that flow as values become inputs of the Melody by themselves. */
  readonly places: readonly Placeholder[];
  readonly nodes: readonly MelodyNode[];
  readonly edges: readonly MelodyEdge[];
}

/** A template of ours: its inputs, the model of every instrument and its settings are filled in. */
export function build(draft: Draft): Template {
  const { nodes, edges, parameters, places, ...heading } = draft;
  const flowing = parameters.filter(({ name }) => edges.some(({ from }) => from === `${name}.value`));
  return {
    format: 1,
    ...heading,
    tags: [...draft.tags],
    version: '1.0.0',
    author: 'Symphony',
    parameters: [...parameters, model, budget],
    placeholders: [
      ...flowing.map(({ name }): Placeholder => ({
        parameter: name,
        path: ['nodes', { id: name }, 'default'],
      })),
      ...places,
      ...instrumentsIn(nodes, ['nodes']).map((path): Placeholder => ({
        parameter: 'model',
        path: [...path, 'model'],
      })),
      { parameter: 'budget', path: ['policy', 'budget'], transform: { op: 'value', of: '{"usd": item}' } },
    ],
    melody: {
      version: 1,
      id: draft.id,
      name: draft.name,
      description: draft.description,
      metadata: { author: 'Symphony', category: draft.category, tags: [...draft.tags] },
      settings: { resources: { model: 3, work: 2 } },
      policy: { onFailure: 'stop' },
      nodes: [...flowing.map(inputOf), ...nodes],
      edges: [...edges],
    },
  };
}

const portTypes = {
  text: 'text',
  enum: 'text',
  model: 'text',
  path: 'text',
  expression: 'text',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
  list: 'list<text>',
  object: 'json',
} as const;

const inputOf = ({ name, label, type }: Parameter): MelodyNode => ({
  id: name,
  kind: 'input',
  name: label,
  type: portTypes[type],
});

function instrumentsIn(nodes: readonly MelodyNode[], path: readonly PathStep[]): PathStep[][] {
  return nodes.flatMap((node): PathStep[][] => {
    const own = [...path, { id: node.id }];
    if (node.kind === 'instrument') return [own];
    return 'body' in node ? instrumentsIn(node.body.nodes, [...own, 'body', 'nodes']) : [];
  });
}

/** A place inside a node; nodes of bodies are named like `loop/node`. */
export function into(parameter: string, node: string, ...rest: readonly string[]): Placeholder {
  const path = node
    .split('/')
    .flatMap((id, index): PathStep[] => [...(index === 0 ? [] : ['body']), 'nodes', { id }]);
  return { parameter, path: [...path, ...rest] };
}

const model: Parameter = {
  name: 'model',
  label: 'Model',
  description: 'The model of every step, as provider/name; “default” is the one chosen in the settings.',
  type: 'model',
  default: 'default',
  hints: { widget: 'model', group: 'More', order: 90 },
};

const budget: Parameter = {
  name: 'budget',
  label: 'Budget in US dollars',
  description:
    'The run stops before it consumes more, where prices are known; without it, the limits of the settings hold.',
  type: 'number',
  constraints: { min: 0.01, max: 10_000 },
  hints: { widget: 'number', group: 'More', order: 95 },
};

/** The commands that prove the work; the sandbox runs them, without network. */
export const verifyParameter = (
  label = 'Verify commands',
  commands: readonly string[] = ['npm test'],
): Parameter => ({
  name: 'verify',
  label,
  description:
    'Each must end with exit code 0 on the finished work. They are shown for approval before the run.',
  type: 'list',
  default: [...commands],
  constraints: { maxItems: 20, maxLength: 1000 },
  hints: { widget: 'list', placeholder: 'npm test', group: 'Proof', order: 50 },
});

/** How often something is tried again. */
export const roundsParameter = (label: string, rounds: number): Parameter => ({
  name: 'rounds',
  label,
  type: 'integer',
  default: rounds,
  constraints: { min: 1, max: 10 },
  hints: { widget: 'slider', group: 'More', order: 80 },
});

/** What a person wants, in words. */
export const textParameter = (
  name: string,
  label: string,
  more: Pick<Parameter, 'description' | 'required' | 'default' | 'hints'>,
): Parameter => ({
  name,
  label,
  type: 'text',
  constraints: { maxLength: 20_000, ...(more.required === true ? { minLength: 1 } : {}) },
  ...more,
  hints: { widget: 'textarea', group: 'Task', ...more.hints },
});

/** Files and folders a step looks at first. */
export const pathsParameter = (
  name: string,
  label: string,
  paths: readonly string[],
  help: string,
): Parameter => ({
  name,
  label,
  type: 'list',
  items: 'path',
  default: [...paths],
  constraints: { minItems: 1, maxItems: 100 },
  hints: { widget: 'list', help, group: 'Task', order: 20 },
});
