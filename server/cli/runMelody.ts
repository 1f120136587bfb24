import { codes, type ClientRequests, type ResultOf } from '../../schemas';
import { problem } from '../base';
import { accompany, approvals, openProvided, type ExecuteOptions } from './execute';
import type { Job } from './job';
import { belowRoot } from './settings';
import { exitCodes } from './texts';
import { valuesOf } from './values';

export interface RunOptions extends ExecuteOptions {
  readonly input?: readonly string[];
}

/** Shows what running a Melody would do, gets its commands approved, starts it and follows it to its end. */
export async function runMelody(job: Job, file: string, options: RunOptions): Promise<number> {
  const path = belowRoot(job, file);
  const looking = await openProvided(job, options);
  const asked = await looking.call('melodyPreview', { path, inputs: {} });
  const types = new Map(asked.inputs.map(({ id, type }) => [id, type]));
  const inputs = valuesOf(options.input ?? [], (name) => types.get(name));
  const preview = await looking.call('melodyPreview', { path, inputs });
  show(job, preview, options.model);
  const fatal = preview.problems.find(({ code }) => codes[code].severity === 'error');
  if (fatal !== undefined) throw problem(fatal.code, fatal.args);
  const approved = await approvals(job, preview.commands, options);
  if (approved === undefined) return exitCodes.done;
  looking.close();
  const model = options.model === undefined ? {} : { model: options.model };
  return accompany(job, options, (sidecar) =>
    sidecar.call('melodyRun', { path, inputs, approved, hash: preview.hash, ...model }),
  );
}

function show(
  { print }: Job,
  preview: ResultOf<ClientRequests['melodyPreview']>,
  model: string | undefined,
): void {
  print.line({ type: 'preview', preview });
  print.say('melodyTitle', { name: preview.name, nodes: preview.nodes });
  const chosen = model ?? preview.model;
  if (chosen === null) print.say('previewNoModel');
  else print.say('previewModel', { model: chosen });
  for (const { id, type, hasDefault, isGiven } of preview.inputs) {
    const how = isGiven ? 'inputGiven' : hasDefault ? 'inputDefault' : 'inputAsked';
    print.say('inputLine', { id, type, how: print.text(how) });
  }
  if (preview.commands.length > 0) print.say('melodyCommands');
  for (const { command, hash, approved } of preview.commands)
    print.say('previewCommand', { mark: approved ? '✓' : '?', plan: '', command, hash });
  // What forbids it is told once, as the reason why nothing was started.
  for (const found of preview.problems) if (codes[found.code].severity !== 'error') print.problem(found);
}
