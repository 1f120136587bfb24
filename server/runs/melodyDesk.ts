import { readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { codes, type ClientRequests, type ParamsOf, type ResultOf } from '../../schemas';
import { inputParams, workflowKinds } from '../../schemas/journal/controls';
import type { Workflow } from '../../schemas/journal/workflow';
import { melodyLimits, type Melody } from '../../schemas/melody';
import { problem, problemOf, ProblemError, type Context, type Json } from '../base';
import { isCode, sha256, zstd } from '../base/node';
import { checkInputs, compileMelody, gatherSubworkflows, readMelodyFile, type Finding } from '../melody';
import type { Planning } from '../planning';
import { instructionFaults } from './operators';
import { previewMelody, startMelody, type StartMelody } from './startMelody';
import type { RunSettings, StartPorts } from './startRun';

type Params<K extends keyof ClientRequests> = ParamsOf<ClientRequests[K]>;
type Result<K extends keyof ClientRequests> = ResultOf<ClientRequests[K]>;
type Preview = Result<'melodyPreview'>;

export interface MelodyPorts extends StartPorts {
  /** The workspace folder: nothing outside it is read. */
  readonly root: string;
  readonly settings: () => RunSettings;
  readonly planning: () => Promise<Planning>;
}

/** A Melody that was read and compiled. */
interface Ready {
  readonly melody: Melody;
  readonly workflow: Workflow;
  readonly hash: string;
  readonly warnings: Preview['problems'];
}

/** Running the Melodies of a workspace; one method per request of the wire. */
export class MelodyDesk {
  constructor(private readonly ports: MelodyPorts) {}

  async melodyPreview(_ctx: Context, params: Params<'melodyPreview'>): Promise<Preview> {
    const { melody, workflow, hash, warnings } = await this.open(params.path);
    const inputs = params.inputs as Record<string, Json>;
    const { commands } = previewMelody(
      melody,
      await this.ports.planning(),
      await this.ports.approvals.approved(),
    );
    return {
      id: melody.id,
      name: melody.name,
      hash,
      inputs: inputsOf(workflow, inputs),
      nodes: workflow.nodes.length,
      commands: commands.map((one) => ({ ...one })),
      problems: [...warnings, ...instructionFaults(melody), ...checkInputs(workflow, inputs)],
      model: this.ports.settings().model,
    };
  }

  async melodyRun(ctx: Context, params: Params<'melodyRun'>): Promise<Result<'melodyRun'>> {
    return { run: await this.start(ctx, params) };
  }

  /** Starts a run of the Melody at `path`, for a person or `by` something else; its id when it is durable. */
  async start(
    ctx: Context,
    { path: file, inputs: given, approved, hash: wanted, model }: Params<'melodyRun'>,
    by?: StartMelody['by'],
  ): Promise<string> {
    const { melody, workflow, hash } = await this.open(file);
    if (wanted !== undefined && wanted !== hash) throw problem('melody.changed', { file });
    const inputs = given as Record<string, Json>;
    const fault = checkInputs(workflow, inputs).find(({ code }) => codes[code].severity === 'error');
    if (fault !== undefined) throw problem(fault.code, fault.args);
    return startMelody(ctx, this.ports, this.ports.settings(), await this.ports.planning(), {
      ...{ melody, workflow, inputs, approved, path: file },
      ...(by === undefined ? {} : { by }),
      ...(model === undefined ? {} : { model }),
    });
  }

  private async open(file: string): Promise<Ready> {
    const bytes = await this.bytesOf(file);
    const { melody, findings } = readMelodyFile(bytes, file, zstd);
    if (melody === undefined) throw refusal(file, findings);
    const load = await gatherSubworkflows(melody, file, (other) => this.included(other));
    const workflow = compileMelody(melody, { file, load });
    return { melody, workflow, hash: sha256(bytes), warnings: findings.map((one) => one.problem) };
  }

  private async included(file: string): Promise<Melody | Finding> {
    try {
      const { melody, findings } = readMelodyFile(await this.bytesOf(file), file, zstd);
      return melody ?? findings.find(({ severity }) => severity === 'error')!;
    } catch (thrown) {
      const place = { file, line: 0, column: 0, path: '' };
      return { severity: 'error', problem: problemOf(thrown), place };
    }
  }

  /** A file of the workspace; links that lead out of it are not followed. */
  private async bytesOf(file: string): Promise<Buffer> {
    const place = path.resolve(this.ports.root, file);
    const unreadable = (detail: string, cause?: unknown) =>
      problem('melody.unreadable', { file, detail }, cause);
    try {
      const [real, root] = [await realpath(place), await realpath(this.ports.root)];
      const below = path.relative(root, real);
      if (below.startsWith('..') || path.isAbsolute(below)) throw unreadable('it is outside the workspace');
      const found = await stat(real);
      if (!found.isFile()) throw unreadable('it is no file');
      if (found.size > melodyLimits.fileBytes)
        throw problem('melody.tooLarge', { file, bytes: found.size, most: melodyLimits.fileBytes });
      return await readFile(real);
    } catch (thrown) {
      if (thrown instanceof ProblemError) throw thrown;
      throw unreadable(
        isCode(thrown, 'ENOENT') ? 'there is no such file' : (thrown as Error).message,
        thrown,
      );
    }
  }
}

function inputsOf(workflow: Workflow, given: Readonly<Record<string, Json>>): Preview['inputs'] {
  return workflow.nodes.flatMap(({ id, kind, params, disabled }) => {
    if (kind !== workflowKinds.input || disabled === true) return [];
    const { type, default: usual } = inputParams.parse(params);
    return [{ id, type, hasDefault: usual !== undefined, isGiven: Object.hasOwn(given, id) }];
  });
}

/** The first error with its place, and how many there are. */
function refusal(file: string, findings: readonly Finding[]): ProblemError {
  const errors = findings.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (errors.length === 1) return problem(first!.problem.code, first!.problem.args);
  const place = `${first!.place.line}:${first!.place.column}`;
  return problem('melody.invalid', { file, count: errors.length, first: first!.problem.code, place });
}
