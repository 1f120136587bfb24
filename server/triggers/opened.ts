import type { Disposable } from '../base';

/** Opens a watch; one that cannot be opened whole leaves nothing behind. */
export async function opened(watch: Disposable & { open(): Promise<void> }): Promise<Disposable> {
  try {
    await watch.open();
  } catch (thrown) {
    watch.dispose();
    throw thrown;
  }
  return watch;
}
