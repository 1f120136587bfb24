/** Anything that holds on to something until it is told to let go. Disposing twice is harmless. */
export interface Disposable {
  dispose(): void;
}

const live = new Set<DisposableStore>();

/** How many stores are open now; a test suite that ends with more than it began with has a leak. */
export const openStores = (): number => live.size;

/** Owns disposables and disposes them in reverse order; a late arrival is disposed at once. */
export class DisposableStore implements Disposable {
  private readonly items: Disposable[] = [];
  private disposed = false;

  constructor() {
    live.add(this);
  }

  /** Registers `item` and returns it, so that creation and registration are one expression. */
  add<T extends Disposable>(item: T): T {
    if (this.disposed) item.dispose();
    else this.items.push(item);
    return item;
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    live.delete(this);
    for (const item of this.items.splice(0).reverse()) item.dispose();
  }
}

export const toDisposable = (dispose: () => void): Disposable => ({ dispose });
