/** A power of two is divided into so many bins: OpenTelemetry's scale 5. A quantile is off by 1.1 % at most. */
export const binsPerDoubling = 32;
/** Bins a sketch has at most: 64 doublings, which is 19 digits; beyond that the smallest values share one. */
const mostBins = 64 * binsPerDoubling;

/**
 * How values are spread, in bins that grow with the value (the idea of DDSketch, with the bins of
 * OpenTelemetry's exponential histogram). Adding takes constant time, two sketches add up to the sketch of
 * both, and counts up to any power of two are exact.
 */
export class Sketch {
  private bins = new Float64Array(0);
  /** The index of the first bin; bin `i` holds values above 2^(i/32) up to 2^((i+1)/32). */
  private first = 0;
  private zeros = 0;
  private number = 0;
  private total = 0;
  private least = Infinity;
  private most = -Infinity;

  get count(): number {
    return this.number;
  }
  get sum(): number {
    return this.total;
  }
  get min(): number {
    return this.least;
  }
  get max(): number {
    return this.most;
  }
  /** Values of zero and below. */
  get zeroCount(): number {
    return this.zeros;
  }

  /** What is no number is left out; what is below zero counts as zero, since durations and sizes have no less. */
  add(value: number): void {
    if (!(value < Infinity)) return;
    const kept = value > 0 ? value : 0;
    this.number++;
    this.total += kept;
    if (kept < this.least) this.least = kept;
    if (kept > this.most) this.most = kept;
    if (kept === 0) this.zeros++;
    else {
      const place = this.placeOf(indexOf(kept));
      this.bins[place] = this.bins[place]! + 1;
    }
  }

  /** Takes in everything another one has. */
  merge(other: Sketch): void {
    this.number += other.number;
    this.total += other.total;
    this.zeros += other.zeros;
    this.least = Math.min(this.least, other.least);
    this.most = Math.max(this.most, other.most);
    // From the largest down, so that what has to share a bin does so once.
    for (let i = other.bins.length - 1; i >= 0; i--) {
      if (other.bins[i] === 0) continue;
      const place = this.placeOf(other.first + i);
      this.bins[place] = this.bins[place]! + other.bins[i]!;
    }
  }

  /** The value below which `share` (0–1) of all lie, within 1.1 %; undefined when there is none. */
  quantile(share: number): number | undefined {
    if (this.number === 0) return undefined;
    const rank = Math.max(1, Math.ceil(Math.min(1, Math.max(0, share)) * this.number));
    let seen = this.zeros;
    if (seen >= rank) return 0;
    for (let i = 0; i < this.bins.length; i++) {
      seen += this.bins[i]!;
      if (seen >= rank) return Math.min(this.most, Math.max(this.least, middleOf(this.first + i)));
    }
    return this.most;
  }

  /** How many are no larger than 2^`exponent`; exact unless the smallest had to share a bin. */
  upTo(exponent: number): number {
    const end = Math.min(this.bins.length, exponent * binsPerDoubling - this.first);
    let seen = this.zeros;
    for (let i = 0; i < end; i++) seen += this.bins[i]!;
    return seen;
  }

  /** The bins without the empty ones at both ends. */
  filled(): { readonly first: number; readonly counts: readonly number[] } {
    let from = 0;
    let to = this.bins.length;
    while (from < to && this.bins[from] === 0) from++;
    while (to > from && this.bins[to - 1] === 0) to--;
    return { first: this.first + from, counts: [...this.bins.subarray(from, to)] };
  }

  /** Where the bin of an index lies, room being made for it. */
  private placeOf(index: number): number {
    const place = index - this.first;
    return place >= 0 && place < this.bins.length ? place : this.grown(index);
  }

  private grown(index: number): number {
    const length = this.bins.length;
    const [low, high] = length === 0 ? [index, index] : [this.first, this.first + length - 1];
    // One doubling of spare room on the side that grows.
    const last = Math.max(high, index + (index > high ? binsPerDoubling : 0));
    const wanted = Math.min(low, index - (index < low || length === 0 ? binsPerDoubling : 0));
    const first = Math.max(wanted, last - mostBins + 1);
    const bins = new Float64Array(last - first + 1);
    for (let i = 0; i < length; i++) {
      const to = Math.max(0, low + i - first);
      bins[to] = bins[to]! + this.bins[i]!;
    }
    this.bins = bins;
    this.first = first;
    return Math.max(0, index - first);
  }
}

const indexOf = (value: number): number => Math.ceil(Math.log2(value) * binsPerDoubling) - 1;
/** The value whose distance to both ends of the bin is the same share of it. */
const middleOf = (index: number): number => {
  const growth = 2 ** (1 / binsPerDoubling);
  return (2 ** (index / binsPerDoubling) * (2 * growth)) / (1 + growth);
};
