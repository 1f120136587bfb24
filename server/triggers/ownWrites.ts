/** More than any review writes at once. */
const mostKept = 10_000;

/** Files Symphony wrote itself, as long as they hold what it wrote. */
export class OwnWrites {
  private readonly hashes = new Map<string, string | null>();

  constructor(private readonly hashOf: (path: string) => Promise<string | null>) {}

  tell(files: readonly { readonly path: string; readonly hash: string | null }[]): void {
    for (const { path, hash } of files) {
      // The newest last, so that the oldest are dropped.
      this.hashes.delete(path);
      this.hashes.set(path, hash);
    }
    for (const path of this.hashes.keys()) {
      if (this.hashes.size <= mostKept) break;
      this.hashes.delete(path);
    }
  }

  /** Whether the file holds what Symphony wrote; once it does not, it is anybody's. */
  async has(path: string): Promise<boolean> {
    const expected = this.hashes.get(path);
    if (expected === undefined) return false;
    const found = await this.hashOf(path).catch(() => undefined);
    if (found === expected) return true;
    this.hashes.delete(path);
    return false;
  }
}
