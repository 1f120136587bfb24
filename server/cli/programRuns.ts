import type { Command } from 'commander';
import * as observe from './observe';
import * as record from './record';
import * as runs from './runs';
import * as steer from './steer';
import { texts } from './texts';
import type { Act } from './program';

/** The commands on runs. */
export function describeRuns(act: Act, add: (name: string, about: string) => Command): void {
  add('list', texts.aboutRunsList).action(act(runs.listRuns));
  add('show <run>', texts.aboutRunsShow).option('--nodes', texts.optionNodes).action(act(runs.showRun));
  for (const [command, about] of [
    ['pause', texts.aboutRunsPause],
    ['resume', texts.aboutRunsResume],
    ['cancel', texts.aboutRunsCancel],
  ] as const)
    add(`${command} <run>`, about)
      .option('--reason <text>', texts.optionReason)
      .action(
        act((job, run: string, options: { reason?: string }) => runs.commandRun(job, run, command, options)),
      );
  add('retry <run>', texts.aboutRunsRetry)
    .option('--node <node...>', texts.optionRetryNode)
    .option('--reason <text>', texts.optionReason)
    .action(act(steer.retryRun));
  add('skip <run> <node>', texts.aboutRunsSkip)
    .option('--output <json>', texts.optionOutput)
    .action(act(steer.skipNode));
  add('edit <run> <node> <json>', texts.aboutRunsEdit).action(act(steer.editNode));
  add('answer <run> <question> <answer>', texts.aboutRunsAnswer).action(act(runs.answerRun));
  add('input <run> <node> <value>', texts.aboutRunsInput).action(act(steer.giveInput));
  add('fork <run> <nodes...>', texts.aboutRunsFork).action(act(steer.forkRun));
  add('compare <one> <other>', texts.aboutRunsCompare)
    .option('--all', texts.optionAll)
    .action(act(steer.compareRuns));
  add('events <run>', texts.aboutRunsEvents)
    .option('--after <seq>', texts.optionAfter)
    .option('--type <type...>', texts.optionType)
    .option('--node <node>', texts.optionNode)
    .option('--follow', texts.optionFollow)
    .action(act(record.showEvents));
  add('audit [run]', texts.aboutRunsAudit)
    .option('--csv', texts.optionCsv)
    .option('--from <time>', texts.optionFrom)
    .option('--to <time>', texts.optionTo)
    .option('--type <type...>', texts.optionType)
    .option('--node <node>', texts.optionNode)
    .action(act(record.showAudit));
  add('trace <run>', texts.aboutRunsTrace).action(act(observe.traceRun));
  add('export <run> <file>', texts.aboutRunsExport).action(act(record.exportRun));
  add('import <file>', texts.aboutRunsImport).action(act(record.importRun));
}
