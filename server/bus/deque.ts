/** A queue whose both ends are reached in constant time. */
export class Deque<T> {
  private items: (T | undefined)[] = new Array<T | undefined>(16).fill(undefined);
  private head = 0;
  private size = 0;

  get length(): number {
    return this.size;
  }

  push(item: T): void {
    if (this.size === this.items.length) this.grow();
    this.items[(this.head + this.size++) & (this.items.length - 1)] = item;
  }

  first(): T | undefined {
    return this.size === 0 ? undefined : this.items[this.head];
  }

  shift(): T | undefined {
    if (this.size === 0) return undefined;
    const item = this.items[this.head];
    this.items[this.head] = undefined;
    this.head = (this.head + 1) & (this.items.length - 1);
    this.size--;
    return item;
  }

  /** Keeps what `wanted` wants, in order. */
  keep(wanted: (item: T) => boolean): void {
    const kept: T[] = [];
    for (let item = this.shift(); item !== undefined; item = this.shift()) if (wanted(item)) kept.push(item);
    for (const item of kept) this.push(item);
  }

  private grow(): void {
    const { items, head, size } = this;
    this.items = [
      ...items.slice(head),
      ...items.slice(0, head),
      ...new Array<T | undefined>(size).fill(undefined),
    ];
    this.head = 0;
  }
}
