import path from 'node:path';
import { createArtifacts, type ArtifactStore } from '../../server/artifacts';
import { silentLog } from '../../server/base';
import { systemClock, systemIds } from '../../server/base/node';

export const ctx = { signal: new AbortController().signal, log: silentLog };

/** The store whose data lies in `folder`, open. */
export async function openStore(folder: string): Promise<ArtifactStore> {
  const store = createArtifacts({
    ...{ folder: path.join(folder, 'artifacts'), file: path.join(folder, 'artifacts.db') },
    ...{ clock: systemClock, ids: systemIds, log: silentLog },
  });
  await store.start(ctx);
  return store;
}

export const about = (name: string, tags: readonly string[] = []) => ({
  ...{ name, type: 'text', run: 'run-bench', node: 'bench', inputs: [], tags, facts: {} },
});
