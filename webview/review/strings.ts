import { fill, type Strings } from '../strings';

/** Every text of the review page with its English default; the editor client localises each. */
export const reviewStrings = {
  'state.undecided': 'Undecided',
  'state.kept': 'Kept',
  'state.dropped': 'Dropped',
  'state.reviewed': 'Reviewed',

  'toolbar.label': 'Review',
  'toolbar.progress': '{decided} of {all} decided',
  'toolbar.progressLabel': 'Decided changes',
  'toolbar.kept': '{count} kept',
  'toolbar.dropped': '{count} dropped',
  'toolbar.undo': 'Undo',
  'toolbar.undoHint': 'Take the last decision back (U)',
  'toolbar.keys': 'Keyboard Shortcuts',

  'filter.label': 'Filter',
  'filter.show': 'Show',
  'filter.all': 'All',
  'filter.undecided': 'Undecided',
  'filter.unreviewed': 'Unreviewed',
  'filter.risky': 'Risky',
  'filter.failing': 'Failing verification',
  'filter.plan': 'Task',
  'filter.everyPlan': 'Every task',
  'filter.text': 'Filter by path',

  'list.label':
    'Changes. Arrow keys move, Y keeps, N drops, U undoes, M marks as reviewed, Enter opens the editor.',
  'list.file': '{path}, {count} changes',
  'list.lines': 'Line {line}, {added} added, {removed} removed',
  'list.whole': 'The whole file',
  'list.mode': 'The executable bit',
  'list.rename': 'Renamed from {path}',

  'whole.added': 'A new file',
  'whole.deleted': 'The file is deleted',
  'whole.modified': 'The whole file',
  'whole.renamed': 'The whole file',

  'detail.label': 'The selected change',
  'detail.keep': 'Keep',
  'detail.keepHint': 'Put this change into your file (Y)',
  'detail.drop': 'Drop',
  'detail.dropHint': 'Leave your file without this change (N)',
  'detail.undecide': 'Decide Again',
  'detail.mark': 'Mark as Reviewed',
  'detail.unmark': 'Not Reviewed',
  'detail.open': 'Open in Editor',
  'detail.keepFile': 'Keep {count} in This File',
  'detail.dropFile': 'Drop {count} in This File',
  'detail.edited': 'Kept in your words',
  'detail.noText': 'This change has no lines to show. Open it in the editor to compare both sides.',
  'detail.more': 'Show {count} More Lines',
  'detail.line': 'Line',
  'detail.removed': 'removed',
  'detail.added': 'added',
  'detail.adapted': 'Line ends are those of your file.',

  'source.task': 'Task',
  'source.requirements': 'Requirements',
  'source.turn': 'Turn {turn}',
  'source.passed': '{command} passed',
  'source.failed': '{command} ended with exit code {code}',
  'source.tokens': '{tokens} tokens',

  'flag.executableConfiguration': 'Configuration that runs programs',
  'flag.script': 'Script',
  'flag.lockFile': 'Lock file',
  'flag.ci': 'Continuous integration',
  'flag.symlink': 'Symbolic link',
  'flag.mode': 'Executable bit',
  'flag.bidi': 'Text that reorders what you see',
  'flag.invisible': 'Invisible characters',
  'flag.secret': 'May hold a secret',
  'flag.deletion': 'Deletes a file',
  'flag.generated': 'Generated file',
  'flag.testWeakened': 'Weakens a test',
  'flag.testRemoved': 'Removes a test',
  'flag.binary': 'Binary',

  'keys.move': 'Next and previous change',
  'keys.keep': 'Keep',
  'keys.drop': 'Drop',
  'keys.undo': 'Undo the last decision',
  'keys.again': 'Decide again',
  'keys.mark': 'Mark as reviewed',
  'keys.open': 'Open in the editor',
  'keys.filter': 'Filter by path',
  'keys.close': 'Close',

  'page.loading': 'Loading the changes…',
  'page.none': 'Nothing to review',
  'page.noneHelp': 'Once agents propose changes they appear here.',
  'page.allDone': 'Everything is decided',
  'page.allDoneHelp': '{kept} kept, {dropped} dropped. Undo takes the last decision back.',
  'page.noMatch': 'No change matches the filter',
  'page.clearFilter': 'Show All',
  'page.error': 'The changes cannot be shown',
  'page.errorHelp': 'Try again. If it goes on, “Symphony: Doctor” collects a report.',
  'page.tryAgain': 'Try Again',
  'page.dismiss': 'Dismiss',

  'announce.decided': '{what}: {state}. {left} left.',
} as const;

export type ReviewKey = keyof typeof reviewStrings;
export type ReviewText = (key: ReviewKey, args?: Readonly<Record<string, string | number>>) => string;

/** The text of a key from the localised map, else its English default. */
export const reviewText =
  (strings: () => Strings): ReviewText =>
  (key, args = {}) =>
    fill(strings()[key] ?? reviewStrings[key], args);
