import type { OnDisk, Version } from '../../../server/review/decide';
import { ChangedMeanwhile, sameOnDisk } from '../../../server/review/disk';
import type { UserTree } from '../../../server/review';

/** What a killed process throws at itself: nothing after it happens. */
export class Killed extends Error {}

/** Counts down the moments at which a process may be killed; at none of them when it is not armed. */
export class Fate {
  private left = Number.POSITIVE_INFINITY;
  arm(moments: number): void {
    this.left = moments;
  }
  disarm(): void {
    this.left = Number.POSITIVE_INFINITY;
  }
  /** One more moment has come; the process is killed at it, or was before. */
  moment(): void {
    if (this.left-- <= 0) throw new Killed();
  }
}

/** A user's tree in memory. A process may be killed before and after everything it does to it. */
export function memoryTree(fate: Fate): UserTree & { readonly files: Map<string, Version> } {
  const files = new Map<string, Version>();
  const look = (path: string): OnDisk => files.get(path) ?? { kind: 'absent' };
  const act = (work: () => void): Promise<void> => {
    try {
      fate.moment();
      work();
      fate.moment();
      return Promise.resolve();
    } catch (thrown) {
      return Promise.reject(thrown as Error);
    }
  };
  const expect = (path: string, expected: OnDisk): void => {
    if (!sameOnDisk(look(path), expected)) throw new ChangedMeanwhile();
  };
  return {
    files,
    modes: true,
    look: (path) => Promise.resolve(look(path)),
    isSameFile: () => Promise.resolve(false),
    put: (path, { kind, bytes, executable }, expected) =>
      act(() => {
        expect(path, expected);
        files.set(path, { kind, bytes: Uint8Array.from(bytes), executable });
      }),
    remove: (path, expected) =>
      act(() => {
        expect(path, expected);
        files.delete(path);
      }),
    setExecutable: (path, executable) => act(() => void files.set(path, { ...files.get(path)!, executable })),
    renameCase: () => Promise.reject(new Error('no such file system')),
    tidy: () => Promise.resolve(),
  };
}
