import type { InputPort, MelodyNode } from '../../schemas/melody';
import { anyType, parsePortType, textType, type PortType } from './portTypes';

/** A port as rules see it; `type` is undefined where its name is no type, which is told once, at the port. */
export interface In {
  readonly name: string;
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
  readonly inputs: ReadonlyMap<string, In>;
  readonly outputs: ReadonlyMap<string, Out>;
}

/** The ports of a node: those it declares and those its kind brings. Of two of one name the first counts. */
export function portsOf(node: MelodyNode): Ports {
  switch (node.kind) {
    case 'input':
      return { inputs: none, outputs: named([{ name: 'value', type: parsePortType(node.type) }]) };
    case 'output': {
      const value = { name: 'value', type: parsePortType(node.type), needed: true, many: false };
      return { inputs: named([value]), outputs: none };
    }
    case 'branch': {
      const inputs = inputsOf(node.inputs);
      const type = inputs.size === 0 ? anyType : inputs.values().next().value!.type;
      const ways = [
        ...node.cases.map(({ port }) => port),
        ...(node.otherwise === undefined ? [] : [node.otherwise]),
      ];
      return { inputs, outputs: named(ways.map((name) => ({ name, type }))) };
    }
    case 'approval':
      return { inputs: inputsOf(node.inputs), outputs: named([{ name: 'answer', type: textType }]) };
    case 'wait':
      return { inputs: inputsOf(node.inputs), outputs: none };
    default: {
      const outputs = (node.outputs ?? []).map(({ name, type }) => ({ name, type: parsePortType(type) }));
      return { inputs: inputsOf(node.inputs), outputs: named(outputs) };
    }
  }
}

const none: ReadonlyMap<string, never> = new Map<string, never>();

const inputsOf = (ports: readonly InputPort[] | undefined): ReadonlyMap<string, In> =>
  ports === undefined
    ? none
    : named(
        ports.map((port) => ({
          name: port.name,
          type: parsePortType(port.type),
          needed: (port.required ?? true) && port.default === undefined,
          many: port.many ?? false,
        })),
      );

function named<P extends { readonly name: string }>(ports: readonly P[]): ReadonlyMap<string, P> {
  const map = new Map<string, P>();
  for (const port of ports) if (!map.has(port.name)) map.set(port.name, port);
  return map;
}
