import { Command, CommanderError, Option } from 'commander';
import { problemOf, ProblemError } from '../base';
import type { Problem } from '../../schemas';
import { execute, ask } from './execute';
import { describeRuns } from './programRuns';
import { decideReview, diffReview, listReview } from './review';
import { doctor, models, serve, status, stop } from './inspect';
import type { CliHost, Job } from './job';
import { serveLanguage } from './lsp';
import { Printer } from './output';
import { checkMelodies, convertMelodies, formatMelodies } from './melody';
import { restartPit, showPit } from './pit';
import * as planning from './planning';
import { runMelody } from './runMelody';
import * as templates from './templates';
import * as triggers from './triggers';
import { UsageError } from './settings';
import { exitCodes, texts } from './texts';
import { openSidecar, type Sidecar } from './wire';

interface Common {
  readonly root?: string;
  readonly json?: boolean;
}

/** Runs one command line (without program and script) and answers its exit code. */
export async function runCli(args: readonly string[], host: CliHost): Promise<number> {
  let code: number = exitCodes.done;
  let json = false;
  const opened: Sidecar[] = [];
  const act =
    <A extends unknown[]>(work: (job: Job, ...args: A) => Promise<number>) =>
    async (...given: unknown[]) => {
      const command = given.at(-1) as Command;
      const options = command.optsWithGlobals<Common>();
      json = options.json ?? false;
      const root = options.root ?? host.cwd;
      const job: Job = {
        host,
        print: new Printer(host.terminal, json),
        root,
        open: async ({ start } = { start: true }) => {
          const { build, node, sidecar, env, signal } = host;
          const log = () => undefined;
          const found = await openSidecar({
            root,
            build,
            client: 'cli',
            node,
            sidecar,
            env,
            start,
            signal,
            log,
          });
          opened.push(found);
          return found;
        },
      };
      // Commander passes arguments, then options, then the command itself.
      code = await work(job, ...(given.slice(0, -1) as A));
    };
  const program = describe(act, host);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    if (host.signal.aborted) return exitCodes.interrupted;
    if (thrown instanceof UsageError) {
      host.terminal.error(`${thrown.message}\n`);
      return exitCodes.usage;
    }
    new Printer(host.terminal, json).problem(shown(thrown));
    return exitCodes.failed;
  } finally {
    for (const sidecar of opened) sidecar.close();
  }
}

/** Problems of attaching come from a room that does not know ours; they look alike. */
function shown(thrown: unknown): Problem {
  if (thrown instanceof ProblemError) return thrown.problem;
  if (thrown instanceof Error && thrown.name === 'AttachError') return (thrown as ProblemError).problem;
  return problemOf(thrown);
}

/** Makes a command's action of its work. */
export type Act = <A extends unknown[]>(
  work: (job: Job, ...args: A) => Promise<number>,
) => (...given: unknown[]) => Promise<void>;

function describe(act: Act, host: CliHost): Command {
  const program = new Command('symphony')
    .description(texts.description)
    .version(host.build.version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => host.terminal.out(text),
      writeErr: (text) => host.terminal.error(text),
    });
  const add = (parent: Command, name: string, about: string) =>
    parent
      .command(name)
      .description(about)
      .option('--root <folder>', texts.optionRoot)
      .option('--json', texts.optionJson)
      .exitOverride();
  const group = (name: string, about: string) => program.command(name).description(about).exitOverride();

  add(program, 'serve', texts.aboutServe).action(act(serve));
  add(program, 'execute <phase>', texts.aboutExecute)
    .option('--model <model>', texts.optionModel)
    .option('--base-url <name=url>', texts.optionBaseUrl, collect, [])
    .option('--approve <hash...>', texts.optionApprove)
    .addOption(new Option('--approve-all-shown', texts.optionApproveAll).conflicts('approve'))
    .option('--yes', texts.optionYes)
    .option('--accept', texts.optionAccept)
    .action(act(execute));
  add(program, 'ask <file> <instruction>', texts.aboutAsk)
    .option('--lines <a-b>', texts.optionLines)
    .option('--model <model>', texts.optionModel)
    .option('--base-url <name=url>', texts.optionBaseUrl, collect, [])
    .option('--accept', texts.optionAccept)
    .action(act(ask));

  add(program, 'run <file>', texts.aboutRun)
    .option('--input <name=value>', texts.optionInput, collect, [])
    .option('--model <model>', texts.optionModel)
    .option('--base-url <name=url>', texts.optionBaseUrl, collect, [])
    .option('--approve <hash...>', texts.optionApprove)
    .addOption(new Option('--approve-all-shown', texts.optionApproveAll).conflicts('approve'))
    .option('--yes', texts.optionYes)
    .option('--accept', texts.optionAccept)
    .action(act(runMelody));

  const runs = group('runs', texts.aboutRuns);
  describeRuns(act, (name, about) => add(runs, name, about));

  const review = group('review', texts.aboutReview);
  add(review, 'list', texts.aboutReview).option('--open', texts.optionOpen).action(act(listReview));
  add(review, 'diff <changeset> [paths...]', texts.aboutReview).action(act(diffReview));
  for (const decision of ['accept', 'reject'] as const)
    add(review, `${decision} <changeset> [paths...]`, texts.aboutReview).action(
      act((job, changeset: string, paths: string[]) => decideReview(job, changeset, paths, decision)),
    );

  const melody = group('melody', texts.aboutMelody);
  add(melody, 'check <files...>', texts.aboutMelodyCheck).action(act(checkMelodies));
  add(melody, 'format <files...>', texts.aboutMelodyFormat).action(act(formatMelodies));
  add(melody, 'convert <files...>', texts.aboutMelodyConvert).action(act(convertMelodies));

  const template = group('template', texts.aboutTemplate);
  for (const [name, about] of [
    ['list', texts.aboutTemplateList],
    ['search <words...>', texts.aboutTemplateSearch],
  ] as const)
    add(template, name, about)
      .option('--tag <tag...>', texts.optionTag)
      .option('--category <category>', texts.optionCategory)
      .option('--author <author>', texts.optionAuthor)
      .action(
        name === 'list'
          ? act((job, options: templates.ListOptions) => templates.listTemplates(job, [], options))
          : act(templates.listTemplates),
      );
  add(template, 'show <template>', texts.aboutTemplateShow).action(act(templates.showTemplate));
  add(template, 'new <template>', texts.aboutTemplateNew)
    .option('--set <name=value>', texts.optionSet, collect, [])
    .option('--out <file>', texts.optionOut)
    .action(act(templates.newFromTemplate));

  const trigger = group('trigger', texts.aboutTrigger);
  add(trigger, 'list', texts.aboutTriggerList).action(act(triggers.listTriggers));
  add(trigger, 'arm <file> <trigger>', texts.aboutTriggerArm).action(act(triggers.armTrigger));
  add(trigger, 'disarm <file> <trigger>', texts.aboutTriggerDisarm).action(act(triggers.disarmTrigger));
  add(trigger, 'fire <file> <trigger>', texts.aboutTriggerFire)
    .option('--input <name=value>', texts.optionInput, collect, [])
    .action(act(triggers.fireTrigger));
  add(trigger, 'history', texts.aboutTriggerHistory).action(act(triggers.triggerHistory));

  const pit = group('pit', texts.aboutPit);
  add(pit, 'status', texts.aboutPitStatus).action(act(showPit));
  add(pit, 'restart', texts.aboutPitRestart).action(act(restartPit));

  const plan = group('planning', texts.aboutPlanning);
  describePlanning(act, (name, about) => add(plan, name, about));
  program
    .command('lsp')
    .description(texts.aboutLsp)
    .requiredOption('--stdio', texts.optionStdio)
    .exitOverride()
    .action(act(serveLanguage));
  add(program, 'models', texts.aboutModels).action(act(models));
  add(program, 'doctor', texts.aboutDoctor).option('--export', texts.optionExport).action(act(doctor));
  add(program, 'status', texts.aboutStatus).action(act(status));
  add(program, 'stop', texts.aboutStop).action(act(stop));
  return program;
}

function describePlanning(act: Act, add: (name: string, about: string) => Command): void {
  add('show [dir]', texts.aboutPlanningShow).action(act(planning.showPlanning));
  add('lint <dir...>', texts.aboutPlanningLint).action(act(planning.lintPlanning));
  add('roundtrip <dir...>', texts.aboutPlanningRoundtrip).action(act(planning.roundtripPlanning));
  add('set <dir> <what> <name> <value>', texts.aboutPlanningSet)
    .option('--by-hand', texts.optionByHand)
    .option('--section <heading>', texts.optionSection)
    .option('--workstream <name>', texts.optionWorkstream)
    .action(act(planning.setPlanning));
  add('undo <dir> [edit]', texts.aboutPlanningUndo).action(act(planning.undoPlanning));
  add('history <dir>', texts.aboutPlanningHistory).action(act(planning.planningHistory));
}

const collect = (value: string, before: readonly string[]): string[] => [...before, value];
