import type { EndNode, InputPort, MelodyNode } from '../../schemas/melody';
import { PortSet } from './portSet';
import { anyType, parsePortType, textType, type PortType } from './portTypes';

/** A port as rules see it; `type` is undefined where its name is no type, which is told once, at the port. */
export interface In {
  readonly name: string;
  /** Its place among the inputs of its node. */
  readonly at: number;
  readonly type: PortType | undefined;
  /** Whether the node cannot run unless an edge brings a value. */
  readonly needed: boolean;
  readonly many: boolean;
}
export interface Out {
  readonly name: string;
  readonly type: PortType | undefined;
}
export interface Ports {
  readonly inputs: PortSet<In>;
  readonly outputs: PortSet<Out>;
}

/** The ports of a node: those it declares and those its kind brings. */
export function portsOf(node: MelodyNode): Ports {
  const inputs = new PortSet<In>();
  const outputs = new PortSet<Out>();
  const ports = { inputs, outputs };
  if (node.kind === 'input') {
    outputs.add({ name: 'value', type: parsePortType(node.type) });
    return ports;
  }
  if (node.kind === 'output') {
    inputs.add({ name: 'value', at: 0, type: parsePortType(node.type), needed: true, many: false });
    return ports;
  }
  if (node.inputs !== undefined) addInputs(inputs, node.inputs);
  switch (node.kind) {
    case 'branch': {
      const type = inputs.first === undefined ? anyType : inputs.first.type;
      for (const { port } of node.cases) outputs.add({ name: port, type });
      if (node.otherwise !== undefined) outputs.add({ name: node.otherwise, type });
      return ports;
    }
    case 'approval':
      outputs.add({ name: 'answer', type: textType });
      return ports;
    case 'wait':
      return ports;
    default:
      for (const { name, type } of node.outputs ?? []) outputs.add({ name, type: parsePortType(type) });
      return ports;
  }
}

/** The port of the group around it that an input or output node stands for. */
export const endPort = (node: Pick<EndNode, 'id' | 'port'>): string => node.port ?? node.id;

function addInputs(inputs: PortSet<In>, declared: readonly InputPort[]): void {
  let at = 0;
  for (const { name, type, required, default: value, many } of declared) {
    const needed = required !== false && value === undefined;
    inputs.add({ name, at: at++, type: parsePortType(type), needed, many: many ?? false });
  }
}
