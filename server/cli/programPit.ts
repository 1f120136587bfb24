import type { Command } from 'commander';
import * as artifacts from './artifacts';
import { restartPit, showPit } from './pit';
import type { Act } from './program';
import * as stale from './stale';
import { texts } from './texts';

const collect = (value: string, before: string[]): string[] => [...before, value];

/** The commands of `symphony pit`: the services, artifacts, and what may go. */
export function describePit(act: Act, add: (name: string, about: string) => Command): void {
  add('status', texts.aboutPitStatus).action(act(showPit));
  add('restart', texts.aboutPitRestart).action(act(restartPit));

  add('search [words...]', texts.aboutPitSearch)
    .option('--type <type>', texts.optionArtifactType)
    .option('--run <run>', texts.optionArtifactRun)
    .option('--tag <tag>', texts.optionArtifactTag, collect, [])
    .option('--limit <n>', texts.optionLimit)
    .action(act(artifacts.searchArtifacts));
  add('show <artifact>', texts.aboutPitShow).action(act(artifacts.showArtifact));
  add('cat <artifact>', texts.aboutPitCat).action(act(artifacts.printArtifact));
  add('diff <one> <other>', texts.aboutPitDiff).action(act(artifacts.diffArtifacts));
  add('restore <artifact>', texts.aboutPitRestore).action(act(artifacts.restoreArtifact));
  add('check', texts.aboutPitCheck).action(act(artifacts.checkArtifacts));

  add('clean', texts.aboutPitClean).action(act(stale.planCleaning));
  add('clean-apply <plan>', texts.aboutPitApply)
    .option('--yes', texts.optionYesClean)
    .option('--even-too-much', texts.optionEvenTooMuch)
    .action(act(stale.applyCleaning));
  add('clean-undo <cleaning>', texts.aboutPitUndo).action(act(stale.undoCleaning));
  add('archive <run>', texts.aboutPitArchive).action(act(stale.archiveRun));
  add('unarchive <run>', texts.aboutPitUnarchive).action(act(stale.restoreRun));
  add('export-training <file>', texts.aboutPitExport)
    .option('--decided-only', texts.optionDecidedOnly)
    .action(act(stale.exportTraining));
}
