import type { ClientRequests, ParamsOf, ResultOf } from '../../schemas';
import type { Changeset } from '../../schemas/wire/review';
import { Emitter, problem, type Context } from '../base';
import type { Blobs } from '../engine/ports';
import type { RunFold } from '../engine/state';
import { unitsOf, withBytes } from '../review';

type Params<K extends keyof ClientRequests> = ParamsOf<ClientRequests[K]>;
type Result<K extends keyof ClientRequests> = ResultOf<ClientRequests[K]>;

export interface ReviewPorts {
  readonly blobs: Blobs;
  /** Throws `review.unknown`. */
  readonly find: (changeset: string) => Promise<{ run: RunFold; changeset: Changeset }>;
}

/** What clients can ask about the units of changesets; one method per request of the wire. */
export class ReviewDesk {
  readonly unitsChanged = new Emitter<{ readonly changeset: string; readonly paths: string[] }>();

  constructor(private readonly ports: ReviewPorts) {}

  async reviewUnits(_ctx: Context, params: Params<'reviewUnits'>): Promise<Result<'reviewUnits'>> {
    const { changeset } = await this.ports.find(params.changeset);
    const wanted = params.paths && new Set(params.paths);
    const files: Result<'reviewUnits'>['files'] = [];
    for (const file of changeset.files) {
      if (wanted !== undefined && !wanted.has(file.path)) continue;
      const { units } = unitsOf(await withBytes(file, this.ports.blobs));
      const undecided = {
        state: 'undecided' as const,
        edited: null,
        reviewed: false,
        flags: [],
        sources: [],
      };
      files.push({ path: file.path, units: units.map((unit) => ({ ...unit, ...undecided })) });
    }
    return { mode: 'before', sources: [], files };
  }

  reviewDecideUnits = notYet<'reviewDecideUnits'>;
  reviewUndo = notYet<'reviewUndo'>;
  reviewApplied = notYet<'reviewApplied'>;
  reviewHistory = (): Promise<Result<'reviewHistory'>> => Promise.resolve({ ops: [] });
  reviewSplit = notYet<'reviewSplit'>;
  reviewKeepLines = notYet<'reviewKeepLines'>;
  reviewEdit = notYet<'reviewEdit'>;
  reviewPlace = notYet<'reviewPlace'>;
  reviewMark = notYet<'reviewMark'>;
  reviewThreads = (): Promise<Result<'reviewThreads'>> => Promise.resolve({ threads: [] });
  reviewComment = notYet<'reviewComment'>;
  reviewResolve = notYet<'reviewResolve'>;
  reviewRevise = notYet<'reviewRevise'>;
  reviewInterdiff = notYet<'reviewInterdiff'>;
  reviewVerify = notYet<'reviewVerify'>;
}

function notYet<K extends keyof ClientRequests>(): Promise<Result<K>> {
  return Promise.reject(problem('review.unknown', { changeset: 'not yet' }));
}
