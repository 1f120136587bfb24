import { randomBytes } from 'node:crypto';
import { silentLog, type Context } from '../../../server/base';
import { sha256, systemClock, systemIds } from '../../../server/base/node';
import {
  createArtifacts,
  type ArtifactsOptions,
  type ArtifactStore,
  type NewArtifact,
} from '../../../server/artifacts';
import { temporaryFolder } from '../storage/support';

export const ctx: Context = { signal: new AbortController().signal, log: silentLog };
export const text = (words: string): Uint8Array => new TextEncoder().encode(words);
export const said = (bytes: Uint8Array | undefined): string | undefined =>
  bytes && Buffer.from(bytes).toString();
/** Bytes that nothing makes smaller. */
export const noise = (length: number): Uint8Array => randomBytes(length);
export { sha256 };

/** What most tests tell about an artifact, which is nothing special. */
export const about = (name: string, more: Partial<NewArtifact> = {}): NewArtifact => ({
  ...{ name, type: 'text', run: 'run-1', node: null, inputs: [], tags: [], facts: {} },
  ...more,
});

/** Stores in a fresh folder per test; opened ones are stopped after it. */
export function stores() {
  const folder = temporaryFolder();
  let open: ArtifactStore[] = [];
  afterEach(async () => {
    for (const store of open) await store.stop(ctx);
    open = [];
  });
  return {
    folder,
    async open(more: Partial<ArtifactsOptions> = {}): Promise<ArtifactStore> {
      const store = createArtifacts({
        folder: folder.at('artifacts'),
        file: folder.at('artifacts.db'),
        clock: systemClock,
        ids: systemIds,
        log: silentLog,
        ...more,
      });
      await store.start(ctx);
      open.push(store);
      return store;
    },
  };
}
