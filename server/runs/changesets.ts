import { changeset as changesetSchema, type Changeset } from '../../schemas/wire/review';
import { problem, type Context } from '../base';
import type { Blobs } from '../engine/ports';
import type { RunFold } from '../engine/state';
import { offerIn, type OfferOutput } from './facts';

/** What the nodes of a run have offered, oldest first. */
export function offersOf(run: RunFold): OfferOutput[] {
  return [...run.nodes.values()]
    .filter((node) => node.state === 'completed')
    .flatMap((node) => {
      const offer = offerIn(node.output);
      return offer === undefined ? [] : [{ offer, at: node.endedAt ?? 0 }];
    })
    .sort((a, b) => a.at - b.at)
    .map(({ offer }) => offer);
}

/** The changesets runs have offered, without decisions. Contents never change, so they are read once. */
export class Changesets {
  private readonly offered = new Map<string, Changeset>();

  constructor(private readonly blobs: Blobs) {}

  /** The newest changeset of a run, or undefined while there is none. */
  async of(run: RunFold): Promise<Changeset | undefined> {
    const offer = offersOf(run).at(-1);
    return offer && this.load(offer.blob);
  }

  /** Exact bytes of a baseline or proposal; throws `review.unknown` for a hash that names neither. */
  async content(ctx: Context, hash: string): Promise<Uint8Array> {
    const bytes = await this.blobs.get(hash);
    if (bytes === undefined) throw problem('review.unknown', { changeset: hash });
    ctx.log.debug('content read', { hash, bytes: bytes.length });
    return bytes;
  }

  private async load(blob: string): Promise<Changeset> {
    const known = this.offered.get(blob);
    if (known !== undefined) return known;
    const bytes = await this.blobs.get(blob);
    if (bytes === undefined) throw problem('review.unknown', { changeset: blob });
    const content = changesetSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
    this.offered.set(blob, content);
    return content;
  }
}
