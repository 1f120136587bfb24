import type { EndNode, Melody, MelodyBody } from '../../schemas/melody';
import type { GroupNode } from './compileNode';
import { refuse, type LoadMelody, type Scope } from './compileScope';
import { finding, wholeFile } from './findings';
import { fits, parsePortType } from './portTypes';
import type { Finding } from './types';

type Subworkflow = Extract<GroupNode, { readonly kind: 'subworkflow' }>;

/** The Melody a node includes, with the path it was found at. Refuses one that includes itself or has other ports. */
export function openSubworkflow(
  node: Subworkflow,
  scope: Scope,
): { readonly file: string; readonly melody: Melody } {
  const file = beside(scope.files.at(-1)!, node.melody);
  const melody = load(file, { ...scope, path: [...scope.path, 'melody'] });
  checkPorts(node, file, melody, scope);
  return { file, melody };
}

/** How many files a Melody may include, counted once each. */
const mostFiles = 500;

/**
 * Reads everything a Melody includes, and what that includes, so that it can be compiled without waiting. Each file is
 * read once; what is wrong with one is told when it is compiled. `read` decides what lies within its reach.
 */
export async function gatherSubworkflows(
  melody: Melody,
  file: string,
  read: (path: string) => Promise<Melody | Finding>,
): Promise<LoadMelody> {
  const found = new Map<string, Melody | Finding>();
  const open: [Melody, string][] = [[melody, file]];
  for (let next = open.shift(); next !== undefined; next = open.shift())
    for (const path of includedBy(...next)) {
      if (found.has(path)) continue;
      if (found.size >= mostFiles) {
        const args = { found: found.size + 1, what: 'files', most: mostFiles };
        found.set(path, finding('melody.tooMany', args, wholeFile(next[1])));
        break;
      }
      const one = await read(path);
      found.set(path, one);
      if (!('problem' in one)) open.push([one, path]);
    }
  return (path) =>
    found.get(path) ??
    finding('melody.unreadable', { file: path, detail: 'it was not read' }, wholeFile(path));
}

/** The files the subworkflows of a Melody name, at whatever depth of its bodies. */
function includedBy(melody: Melody, file: string): readonly string[] {
  const paths: string[] = [];
  const open: MelodyBody[] = [melody];
  for (let level = open.pop(); level !== undefined; level = open.pop())
    for (const node of level.nodes) {
      if (node.kind === 'subworkflow') paths.push(beside(file, node.melody));
      if (node.kind === 'loop' || node.kind === 'map') open.push(node.body);
    }
  return paths;
}

function load(file: string, scope: Scope): Melody {
  const first = scope.files.findIndex((one) => beside('', one) === file);
  if (first !== -1)
    refuse(scope, 'melody.subworkflowLoop', { path: [...scope.files.slice(first), file].join(' → ') });
  const known = scope.work.loaded.get(file);
  if (known !== undefined) return known;
  if (scope.work.load === undefined)
    return refuse(scope, 'melody.unreadable', { file, detail: 'other files are out of reach here' });
  const found = scope.work.load(file);
  // What is wrong in a file says itself where.
  if ('problem' in found) return refuse(scope, found.problem.code, found.problem.args);
  scope.work.loaded.set(file, found);
  return found;
}

/** A path relative to the folder of a file, without `.` and with as few `..` as it can have. */
function beside(file: string, relative: string): string {
  const steps: string[] = [];
  for (const step of `${file.slice(0, file.lastIndexOf('/') + 1)}${relative}`.split('/')) {
    if (step === '.' || (step === '' && steps.length > 0)) continue;
    const last = steps.at(-1);
    if (step === '..' && last !== undefined && last !== '..' && last !== '') steps.pop();
    else steps.push(step);
  }
  return steps.join('/');
}

/** The ports of the node must be inputs and outputs of the Melody, of types that fit. */
function checkPorts(node: Subworkflow, file: string, melody: Melody, scope: Scope): void {
  for (const side of ['input', 'output'] as const) {
    const ends = melody.nodes.filter((one): one is EndNode => one.kind === side);
    const known = ends.map(({ id }) => id).join(', ') || '–';
    (side === 'input' ? node.inputs : node.outputs)?.forEach((port, at) => {
      const path = [...scope.path, `${side}s`, at];
      const end = ends.find(({ id }) => id === port.name);
      if (end === undefined) {
        const args = { node: node.id, side, port: port.name, file, known };
        return refuse(scope, 'melody.subworkflowPort', args, path);
      }
      const [outer, inner] = [parsePortType(port.type)!, parsePortType(end.type)!];
      const [here, there] = [`${node.id}.${port.name}`, `${end.id} in ${file}`];
      const [from, to] = side === 'input' ? [outer, inner] : [inner, outer];
      if (fits(from, to) !== 'no') return;
      const ways = side === 'input' ? { from: here, to: there } : { from: there, to: here };
      refuse(scope, 'melody.typeMismatch', { ...ways, expected: to.text, actual: from.text }, path);
    });
  }
}
