import type { ClientRequests, ParamsOf, ResultOf } from '../../schemas';
import type { Context } from '../base';
import type { Checkpoints, KeptCheckpoint, RestoredFile } from '../checkpoints';
import type { Blobs } from '../engine/ports';
import type { RunFold } from '../engine/state';
import { effectsSince } from './effects';

type Params<K extends keyof ClientRequests> = ParamsOf<ClientRequests[K]>;
type Result<K extends keyof ClientRequests> = ResultOf<ClientRequests[K]>;

export interface CheckpointDeskPorts {
  readonly checkpoints: Checkpoints;
  readonly blobs: Blobs;
  readonly runs: () => readonly RunFold[];
}

/** Files of a checkpoint whose contents are made ready to be looked at. */
const shownFiles = 200;

/** What people see and do of checkpoints; one method per request of the wire. */
export class CheckpointDesk {
  constructor(private readonly ports: CheckpointDeskPorts) {}

  async checkpointList(ctx: Context, params: Params<'checkpointList'>): Promise<Result<'checkpointList'>> {
    const { run, most } = params;
    const wish = { ...(run === undefined ? {} : { run }), ...(most === undefined ? {} : { most }) };
    return { checkpoints: (await this.ports.checkpoints.list(ctx, wish)).map(told) };
  }

  async checkpointCreate(
    ctx: Context,
    { label }: Params<'checkpointCreate'>,
  ): Promise<Result<'checkpointCreate'>> {
    return { checkpoint: told(await this.ports.checkpoints.create(ctx, label)) };
  }

  async checkpointShow(ctx: Context, params: Params<'checkpointShow'>): Promise<Result<'checkpointShow'>> {
    const { checkpoint, stood, files } = await this.ports.checkpoints.show(ctx, asked(params));
    const shown = files.slice(0, shownFiles);
    const stored = async (bytes: Uint8Array | null) => (bytes === null ? null : this.ports.blobs.put(bytes));
    return {
      checkpoint: told(checkpoint),
      stood,
      files: await Promise.all(
        shown.map(async ({ path, then, now }) => ({
          path,
          then: await stored(await then()),
          now: await stored(await now()),
        })),
      ),
      more: files.length > shown.length,
    };
  }

  async checkpointPreview(
    ctx: Context,
    params: Params<'checkpointPreview'>,
  ): Promise<Result<'checkpointPreview'>> {
    const { checkpoint, files, from } = await this.ports.checkpoints.preview(ctx, asked(params));
    return { files: files.map(plain), from, effects: effectsSince(this.ports.runs(), checkpoint.at) };
  }

  async checkpointRestore(
    ctx: Context,
    params: Params<'checkpointRestore'>,
  ): Promise<Result<'checkpointRestore'>> {
    const { from, dirty } = params;
    const { recovery, files } = await this.ports.checkpoints.restore(ctx, { ...asked(params), from, dirty });
    return { recovery: told(recovery), files: files.map(plain) };
  }
}

const asked = ({ checkpoint, paths }: { checkpoint: string; paths?: readonly string[] | undefined }) => ({
  checkpoint,
  ...(paths === undefined ? {} : { paths }),
});

/** A checkpoint as it travels: without the commit that keeps it. */
export function told({ commit: _, ...checkpoint }: KeptCheckpoint): Result<'checkpointCreate'>['checkpoint'] {
  return checkpoint;
}

const plain = (file: RestoredFile) => ({ ...file });
