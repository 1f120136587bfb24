import type { Parameter, Template } from '../../../schemas/template';

/** A template of one operator whose config takes the values. */
export const templateOf = (parameters: readonly Parameter[], more: Partial<Template> = {}): Template => ({
  format: 1,
  id: 'small',
  name: 'Small',
  description: 'A small one.',
  version: '1.0.0',
  parameters: [...parameters],
  placeholders: parameters.map(({ name }) => ({
    parameter: name,
    path: ['nodes', { id: 'work' }, 'config', name],
  })),
  melody: {
    version: 1,
    id: 'small',
    name: 'Small',
    nodes: [{ id: 'work', kind: 'operator', operator: 'command', config: {} }],
    edges: [],
  },
  ...more,
});

export const parameter = (type: Parameter['type'], more: Partial<Parameter> = {}): Parameter => ({
  name: 'x',
  label: 'X',
  type,
  ...more,
});
