/** A path that was changed, as a comparison of trees tells it. */
export interface Touched {
  readonly path: string;
  /** Its former path, where it was renamed. */
  readonly from: string | null;
}

/** What one agent means to write, and what it has written so far. */
export interface WriteSet {
  readonly id: string;
  /** Paths its plan names; one that ends in a slash, or has a wildcard, stands for all below. */
  readonly declared: readonly string[];
  readonly observed: readonly Touched[];
}

/** How two agents are in each other's way. */
export type CollisionKind = 'sameFile' | 'sameRename' | 'folderAndFile' | 'caseTwins';

/**
 * What to do about it: `serialise`: one begins when the other is merged, for neither has gone far; `rebase`: both have
 * written, so the later one is merged onto the earlier one and proven there; `leave`: look again when one writes.
 */
export type Advice = 'serialise' | 'rebase' | 'leave';

export interface Collision {
  readonly first: string;
  readonly second: string;
  readonly kind: CollisionKind;
  /** What they collide over; of twins both are named. */
  readonly paths: readonly string[];
  readonly advice: Advice;
}

/** The collisions among agents that work at the same time, those of each pair together, the gravest kind first. */
export function forecast(sets: readonly WriteSet[]): Collision[] {
  const looked = sets.map(looksOf);
  const found: Collision[] = [];
  looked.forEach((second, index) => {
    for (const first of looked.slice(0, index)) found.push(...between(first, second));
  });
  return found;
}

interface Looks {
  readonly id: string;
  /** Every path it wrote or gave up, with what became of it. */
  readonly written: ReadonlyMap<string, string | null>;
  readonly exact: ReadonlySet<string>;
  readonly broad: readonly string[];
  /** By the name in small letters. */
  readonly folded: ReadonlyMap<string, string>;
  /** Folders that must be there for what it writes. */
  readonly folders: ReadonlySet<string>;
}

function looksOf({ id, declared, observed }: WriteSet): Looks {
  const written = new Map<string, string | null>();
  for (const { path, from } of observed) {
    written.set(path, null);
    if (from !== null) written.set(from, path);
  }
  const names = declared.map((path) => path.replace(/^\.\//, ''));
  const broad = names.filter(isBroad).map((path) => path.replace(/[^/]*[*?[{].*$/, ''));
  const exact = new Set([...names.filter((path) => !isBroad(path)), ...written.keys()]);
  const folders = new Set<string>();
  for (const path of exact)
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1))
      folders.add(path.slice(0, end));
  const folded = new Map([...exact].map((path) => [fold(path), path]));
  return { id, written, exact, broad, folded, folders };
}

const isBroad = (path: string): boolean => path.endsWith('/') || /[*?[{]/.test(path);
const fold = (path: string): string => path.normalize('NFC').toLowerCase();

function between(first: Looks, second: Looks): Collision[] {
  const renames: string[] = [];
  const same: string[] = [];
  const twins: string[] = [];
  const nested: string[] = [];
  for (const path of second.exact) {
    if (first.exact.has(path)) {
      const [one, other] = [first.written.get(path), second.written.get(path)];
      if (typeof one === 'string' && typeof other === 'string') renames.push(path, one, other);
      else same.push(path);
    } else {
      const twin = first.folded.get(fold(path));
      if (twin !== undefined) twins.push(twin, path);
    }
    if (first.folders.has(path)) nested.push(path);
  }
  for (const path of first.exact) if (second.folders.has(path)) nested.push(path);
  const areBroad =
    second.broad.some((folder) => reaches(first, folder)) ||
    first.broad.some((folder) => reaches(second, folder));
  const all: [CollisionKind, string[]][] = [
    ['sameRename', renames],
    ['folderAndFile', nested],
    ['caseTwins', twins],
    ['sameFile', same],
  ];
  const found = all
    .filter(([, paths]) => paths.length > 0)
    .map(([kind, paths]) => collision(first, second, kind, paths));
  if (found.length > 0 || !areBroad) return found;
  const paths = [...second.broad, ...first.broad];
  return [{ ...collision(first, second, 'sameFile', paths), advice: 'leave' }];
}

const reaches = (looks: Looks, folder: string): boolean =>
  [...looks.exact].some((path) => path.startsWith(folder)) ||
  looks.broad.some((other) => other.startsWith(folder) || folder.startsWith(other));

function collision(first: Looks, second: Looks, kind: CollisionKind, all: readonly string[]): Collision {
  const paths = [...new Set(all)];
  const hasWritten = (looks: Looks): boolean =>
    paths.some(
      (path) =>
        looks.written.has(path) || [...looks.written.keys()].some((one) => one.startsWith(`${path}/`)),
    );
  const advice: Advice = hasWritten(first) && hasWritten(second) ? 'rebase' : 'serialise';
  return { first: first.id, second: second.id, kind, paths, advice };
}
