import type { Command } from 'commander';
import * as checkpoint from './checkpoint';
import type { Act } from './program';
import { decideReview, diffReview, listReview } from './review';
import * as out from './reviewOut';
import { texts } from './texts';

type Add = (name: string, about: string) => Command;

/** The commands on changesets. */
export function describeReview(act: Act, add: Add): void {
  add('list', texts.aboutReviewList).option('--open', texts.optionOpen).action(act(listReview));
  add('diff <changeset> [paths...]', texts.aboutReviewDiff).action(act(diffReview));
  for (const decision of ['accept', 'reject'] as const)
    add(`${decision} <changeset> [paths...]`, texts.aboutReviewFiles).action(
      act((job, changeset: string, paths: string[]) => decideReview(job, changeset, paths, decision)),
    );
  add('show [changeset] [paths...]', texts.aboutReviewShow).action(act(out.showUnits));
  for (const [decision, about] of [
    ['keep', texts.aboutReviewKeep],
    ['drop', texts.aboutReviewDrop],
  ] as const)
    add(`${decision} <changeset> [hunks...]`, about).action(
      act((job, changeset: string, hunks: string[]) => out.decideUnits(job, changeset, hunks, decision)),
    );
  add('undo <changeset> [decision]', texts.aboutReviewUndo).action(act(out.undoDecision));
  add('export <changeset>', texts.aboutReviewExport)
    .option('--commits', texts.optionCommits)
    .option('--all', texts.optionProposed)
    .option('--out <file>', texts.optionOutFile)
    .action(act(out.exportReview));
  add('branch <changeset> <name>', texts.aboutReviewBranch).action(act(out.branchReview));
}

/** The commands on checkpoints and worktrees. */
export function describeTravel(act: Act, add: Add, addWorktree: Add): void {
  add('list', texts.aboutCheckpointList)
    .option('--run <run>', texts.optionRun)
    .option('--most <count>', texts.optionMost)
    .action(act(checkpoint.listCheckpoints));
  add('create [label]', texts.aboutCheckpointCreate).action(
    act((job, label: string | undefined) => checkpoint.createCheckpoint(job, label)),
  );
  add('show <checkpoint> [paths...]', texts.aboutCheckpointShow).action(act(checkpoint.showCheckpoint));
  add('restore <checkpoint> [paths...]', texts.aboutCheckpointRestore)
    .option('--yes', texts.optionSure)
    .option('--preview', texts.optionPreview)
    .action(act(checkpoint.restoreCheckpoint));
  addWorktree('list', texts.aboutWorktreesList).action(act(checkpoint.listWorktrees));
  addWorktree('remove <folder>', texts.aboutWorktreesRemove)
    .option('--even-if-dirty', texts.optionEvenIfDirty)
    .action(act(checkpoint.removeWorktree));
}
