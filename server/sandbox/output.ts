/** Keeps the head and the tail of what a program prints, in memory bounded by `limit` bytes. */
export class OutputTail {
  private readonly head: Buffer[] = [];
  private headBytes = 0;
  private tail: Buffer[] = [];
  private tailBytes = 0;
  private dropped = 0;

  constructor(private readonly limit: number) {}

  add(chunk: Buffer): void {
    const half = Math.ceil(this.limit / 2);
    const room = Math.max(0, half - this.headBytes);
    if (room > 0) {
      const part = chunk.subarray(0, room);
      this.head.push(part);
      this.headBytes += part.length;
    }
    const rest = chunk.subarray(room);
    if (rest.length === 0) return;
    this.tail.push(rest);
    this.tailBytes += rest.length;
    // Compacted only when twice too long, so that a flood of small pieces costs little.
    if (this.tailBytes > 2 * (this.limit - half) + 65_536) this.compact(this.limit - half);
  }

  /** The text: invalid UTF-8 replaced, a line in the middle that says how much was left out. */
  result(): { output: string; truncated: boolean } {
    this.compact(this.limit - Math.ceil(this.limit / 2));
    const head = Buffer.concat(this.head).toString('utf8');
    const tail = Buffer.concat(this.tail).toString('utf8');
    if (this.dropped === 0)
      return { output: Buffer.concat([...this.head, ...this.tail]).toString('utf8'), truncated: false };
    return { output: `${head}\n… (${this.dropped} bytes left out) …\n${tail}`, truncated: true };
  }

  private compact(keep: number): void {
    const all = Buffer.concat(this.tail);
    const cut = Math.max(0, all.length - keep);
    this.dropped += cut;
    this.tail = [Buffer.from(all.subarray(cut))];
    this.tailBytes = all.length - cut;
  }
}
