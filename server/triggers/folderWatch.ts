import { watch, type FSWatcher } from 'node:fs';
import type { Disposable } from '../base';

export interface FolderHints {
  /** Something happened to the entry `name` of the folder, or to any of it when the system does not say. */
  readonly onHint: (name: string | undefined) => void;
  /** The folder is watched no more. */
  readonly onEnd: (thrown: unknown) => void;
}

/**
 * Watches one folder, not what lies below it. Hints say where to look, never what happened: they come
 * doubled, late and without names. Throws what the system says when it cannot watch.
 */
export function watchFolder(folder: string, { onHint, onEnd }: FolderHints): Disposable {
  const watcher: FSWatcher = watch(folder, { persistent: false }, (_event, name) =>
    onHint(typeof name === 'string' ? name : undefined),
  );
  let open = true;
  watcher.on('error', (thrown) => {
    if (open) onEnd(thrown);
  });
  return {
    dispose() {
      if (!open) return;
      open = false;
      watcher.close();
    },
  };
}
