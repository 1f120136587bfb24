/**
 * Every text of the board with its English default. The editor client localises each one and hands
 * the map over with `init`; `{name}` is filled by the page. Sentences of problems come under the keys
 * `problem.<code>` and `fix.<code>` of the same map, and choices of questions under `choice.<choice>`.
 */
export const boardStrings = {
  // states of nodes and runs
  'state.pending': 'Pending',
  'state.running': 'Running',
  'state.waiting': 'Waiting for you',
  'state.completed': 'Completed',
  'state.failed': 'Failed',
  'state.skipped': 'Skipped',
  'state.cancelled': 'Cancelled',
  'state.paused': 'Paused',
  'state.cancelling': 'Cancelling',

  // tool bar
  'toolbar.label': 'Run',
  'toolbar.pause': 'Pause',
  'toolbar.pauseHint': 'Running steps finish; no new ones start',
  'toolbar.resume': 'Resume',
  'toolbar.cancel': 'Cancel Run',
  'toolbar.retry': 'Retry Failed Steps',
  'toolbar.review': 'Review Changes',
  'toolbar.progress': '{done} of {total}',
  'toolbar.progressLabel': 'Completed steps',
  'toolbar.elapsed': 'Elapsed time',
  'toolbar.view': 'View',
  'toolbar.graphView': 'Graph View',
  'toolbar.listView': 'List View',

  // graph
  'graph.label': 'Steps of the run as a graph. Arrow keys move, Enter opens the details.',
  'graph.zoomIn': 'Zoom In',
  'graph.zoomOut': 'Zoom Out',
  'graph.fit': 'Fit to Window',
  'graph.zoom': 'Zoom',
  'graph.wave': 'Wave {wave}',
  'card.attempt': 'Attempt {attempt}',
  'card.after': 'After {titles}',
  'card.asks': 'Asks a question',

  'skipped.closed': 'The way here was not taken',
  'skipped.disabled': 'Switched off',
  'skipped.person': 'Passed over by a person',
  'skipped.policy': 'Failed and passed over, as its policy says',

  // list
  'list.label': 'Steps of the run',
  'list.step': 'Step',
  'list.state': 'State',
  'list.attempt': 'Attempt',
  'list.time': 'Time',
  'list.after': 'After',
  'list.note': 'Note',
  'list.more': 'Show {count} More',

  // details
  'details.label': 'Details of {title}',
  'details.close': 'Close Details',
  'details.state': 'State',
  'details.attempt': 'Attempt',
  'details.started': 'Started',
  'details.ended': 'Ended',
  'details.elapsed': 'Elapsed',
  'details.note': 'Latest',
  'details.after': 'Waits for',
  'details.before': 'Followed by',
  'details.files': 'Changed files',
  'details.noFiles': 'No changed files yet.',
  'details.added': 'added',
  'details.modified': 'modified',
  'details.deleted': 'deleted',
  'details.renamed': 'renamed',
  'details.lines': '{added} lines added, {removed} removed',
  'details.verified': 'Verify commands',
  'details.notVerified': 'Not verified yet.',
  'details.passed': 'Passed',
  'details.exitCode': 'Exit code {code}',
  'details.usage': 'Model use',
  'details.turns': 'Turns',
  'details.tokensIn': 'Tokens in',
  'details.tokensOut': 'Tokens out',
  'details.tokensCached': 'From cache',
  'details.cost': 'Cost',
  'details.costUnknown': 'Unknown price',
  'details.noReport': 'This step has no report of its own.',
  'details.loadingReport': 'Loading the report…',
  'details.retry': 'Retry',
  'details.openPlan': 'Open Plan',
  'details.openChanges': 'Open Changes',

  // questions
  'questions.label': 'Questions of this run',
  'questions.heading': 'Needs Your Decision',
  'questions.showStep': 'Show Step',
  'questions.command': 'Command',
  'questions.folder': 'To resolve by hand, edit the files in',
  'questions.openFiles': 'Open the Files',
  'questions.hidden': 'This text holds invisible characters; they are shown as their code points.',
  'choice.allow': 'Allow',
  'choice.deny': 'Refuse',
  'choice.integrated': 'Keep the Earlier Plans’ Side',
  'choice.plan': 'Take This Plan’s Side',
  'choice.resolved': 'I Resolved the Files by Hand',
  'choice.agent': 'Let an Agent Join Both Sides',

  // states of the page
  'page.loading': 'Loading the run…',
  'page.noRun': 'No run to show',
  'page.noRunHelp': 'Start one with “Symphony: Execute Phase…” from the command palette.',
  'page.empty': 'This run has no steps',
  'page.emptyHelp': 'Its workflow is empty. Look at the plans of the phase and execute it again.',
  'page.disconnected': 'Not connected to the sidecar.',
  'page.disconnectedHelp':
    'What you see may be out of date. It refreshes by itself once the sidecar answers.',
  'page.error': 'The run cannot be shown',
  'page.errorHelp': 'Try again. If it goes on, “Symphony: Doctor” collects a report.',
  'page.tryAgain': 'Try Again',
  'page.dismiss': 'Dismiss',
  'page.commandFailed': 'That did not work.',

  // spoken
  'announce.node': '{title}: {state}',
  'announce.run': 'Run: {state}',
  'announce.question': 'A question waits for you: {question}',
  'announce.many': '{count} steps changed. {done} of {total} completed.',
} as const;

export type StringKey = keyof typeof boardStrings;
export type Strings = Readonly<Record<string, string>>;
export type Text = (key: StringKey, args?: Readonly<Record<string, string | number>>) => string;

/** Fills `{name}` places; an absent argument stays visible as `{name}`. */
export function fill(text: string, args: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) =>
    Object.hasOwn(args, name) ? String(args[name]) : place,
  );
}

/** The text of a key from the localised map, else its English default. */
export function textOf(
  strings: Strings,
  key: StringKey,
  args: Readonly<Record<string, string | number>> = {},
): string {
  return fill(strings[key] ?? boardStrings[key], args);
}

/** A problem as the host sends it: with its sentences, or with the code and arguments alone. */
export interface ShownProblem {
  readonly code: string;
  readonly args: Readonly<Record<string, string | number>>;
  readonly message?: string;
  readonly fix?: string;
}

/** What happened and what to do about it, in the person's language; the bare code where no text came. */
export function sentencesOf(strings: Strings, problem: ShownProblem): { message: string; fix: string } {
  const { code, args } = problem;
  return {
    message: problem.message ?? fill(strings[`problem.${code}`] ?? code, args),
    fix: problem.fix ?? fill(strings[`fix.${code}`] ?? '', args),
  };
}

/**
 * The note of a node. The sidecar writes the code of a problem or the reason of a skip there; a person reads its sentence, from
 * the plan's report where that has come, else with what is not known yet left open.
 */
export function noteText(strings: Strings, note: string, reported: ShownProblem | null): string {
  if (note.startsWith('skipped.') && Object.hasOwn(boardStrings, note))
    return textOf(strings, note as StringKey);
  const sentence = strings[`problem.${note}`];
  if (reported?.code === note) return sentencesOf(strings, reported).message;
  return sentence === undefined ? note : sentence.replace(/\{\w+\}/g, '…');
}

/** The label of a question's choice; an unknown choice is shown as it stands. */
export function choiceLabel(strings: Strings, choice: string): string {
  const key = `choice.${choice}`;
  return strings[key] ?? (Object.hasOwn(boardStrings, key) ? boardStrings[key as StringKey] : choice);
}
