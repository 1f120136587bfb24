import type { ASTNode } from '@marcbachmann/cel-js';

/** The loops of the language. */
const macros: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

/**
 * Writes an understood expression anew, so that each round of a macro asks `symphonyStep()` first and each sum goes
 * through `symphonySum()`: the library has no budget of its own. The depth of the tree is bounded by its parser.
 */
export function instrumented(node: ASTNode): string {
  const each = (nodes: readonly ASTNode[]) => nodes.map(instrumented).join(', ');
  switch (node.op) {
    case 'value':
      return `(${node.input.slice(node.start, node.end)})`;
    case 'id':
      return node.args;
    case '!_':
      return `!(${instrumented(node.args)})`;
    case '-_':
      return `-(${instrumented(node.args)})`;
    case '.':
    case '.?':
      return `(${instrumented(node.args[0])})${node.op}${node.args[1]}`;
    case '[]':
      return `(${instrumented(node.args[0])})[${instrumented(node.args[1])}]`;
    case '[?]':
      return `(${instrumented(node.args[0])})[?${instrumented(node.args[1])}]`;
    case 'call':
      // has() looks at the way to a field itself and evaluates nothing else.
      if (node.args[0] === 'has') return node.input.slice(node.start, node.end);
      return `${node.args[0]}(${each(node.args[1])})`;
    case 'rcall': {
      const [name, receiver, args] = node.args;
      if (!macros.has(name)) return `(${instrumented(receiver)}).${name}(${each(args)})`;
      const rounds = args.slice(1).map((arg) => `(symphonyStep() ? dyn(${instrumented(arg)}) : dyn(false))`);
      return `(${instrumented(receiver)}).${name}(${[instrumented(args[0]!), ...rounds].join(', ')})`;
    }
    case 'list':
      return `[${each(node.args)}]`;
    case 'map':
      return `{${node.args.map(([key, value]) => `${instrumented(key)}: ${instrumented(value)}`).join(', ')}}`;
    case '?:': {
      const [condition, yes, no] = node.args;
      return `((${instrumented(condition)}) ? dyn(${instrumented(yes)}) : dyn(${instrumented(no)}))`;
    }
    case '+':
      return `symphonySum(${instrumented(node.args[0])} + ${instrumented(node.args[1])})`;
    default:
      return `((${instrumented(node.args[0])}) ${node.op} (${instrumented(node.args[1])}))`;
  }
}
