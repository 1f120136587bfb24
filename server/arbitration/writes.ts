import type { PitRow } from '../../schemas/wire/pit';
import type { Code, Problem } from '../../schemas/codes';
import { forecast, type Collision, type CollisionKind, type WriteSet } from './forecast';
import type { Shown } from './report';

const codeOf: Readonly<Record<CollisionKind, Code>> = {
  sameFile: 'collision.sameFile',
  sameRename: 'collision.sameRename',
  folderAndFile: 'collision.folderAndFile',
  caseTwins: 'collision.caseTwins',
};

/** So many paths are named to people. */
const mostNamed = 10;

/** A collision as a person is told of it. */
export function collisionProblem({ first, second, kind, paths }: Collision): Problem {
  return { code: codeOf[kind], args: { first, second, files: named(paths) } };
}

/** What the agents of each run have written so far, and the collisions that follow. */
export class Writes {
  private readonly runs = new Map<
    string,
    { readonly sets: Map<string, WriteSet>; readonly told: Set<string> }
  >();

  constructor(private readonly shown: Shown) {}

  /** Learns what one agent of a run writes; returns the collisions with it that were not told before. */
  observe(run: string, set: WriteSet): readonly Collision[] {
    let of = this.runs.get(run);
    if (of === undefined) this.runs.set(run, (of = { sets: new Map(), told: new Set() }));
    of.sets.set(set.id, set);
    const fresh: Collision[] = [];
    for (const one of this.of(run, set.id)) {
      const name = `${one.first} ${one.second} ${one.kind} ${one.advice} ${one.paths.join('\0')}`;
      if (of.told.has(name)) continue;
      of.told.add(name);
      this.shown.put(run, rowOf(run, one));
      fresh.push(one);
    }
    return fresh;
  }

  /** The collisions of one agent with the others of its run. */
  of(run: string, id: string): readonly Collision[] {
    const sets = this.runs.get(run)?.sets;
    const own = sets?.get(id);
    if (sets === undefined || own === undefined) return [];
    return [...sets.values()].flatMap((other) => (other.id === id ? [] : forecast([other, own])));
  }

  forget(run: string): void {
    this.runs.delete(run);
  }
}

function rowOf(run: string, { first, second, kind, paths, advice }: Collision): PitRow {
  return {
    id: `collision/${run}/${[first, second].sort().join('+')}/${kind}`,
    label: named(paths),
    state: 'collision',
    facts: { run, first, second, kind, advice },
  };
}

const named = (paths: readonly string[]): string =>
  paths.slice(0, mostNamed).join(', ') + (paths.length > mostNamed ? ', …' : '');
