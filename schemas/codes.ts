/**
 * The table of sidecar codes: every sentence the sidecar can show to a person, once.
 *
 * The sidecar sends `{ code, args }`; the editor client localises `message` and `fix` with
 * `vscode.l10n.t`, the command line prints them as they stand. `{name}` is replaced by `args.name`.
 * `severity` decides how loudly a front end shows it.
 */
export interface CodeText {
  readonly severity: 'error' | 'warning' | 'info';
  /** What happened, naming the file, line and value it is about. */
  readonly message: string;
  /** What the person can do about it; empty where there is nothing to do. */
  readonly fix: string;
}

const error = (message: string, fix: string): CodeText => ({ severity: 'error', message, fix });
const info = (message: string, fix: string): CodeText => ({ severity: 'info', message, fix });
const warning = (message: string, fix: string): CodeText => ({ severity: 'warning', message, fix });

export const codes = {
  // the request itself
  'request.invalid': error(
    'The request {method} is not valid: {detail}',
    'Update Symphony so that both sides are of one version.',
  ),
  'request.unknown': error(
    'This sidecar does not know the request {method}.',
    'Restart the sidecar with “Symphony: Restart Sidecar”.',
  ),
  'internal.unexpected': error(
    'Something went wrong inside Symphony: {detail}',
    'See the log; nothing was changed. “Symphony: Doctor” collects a report.',
  ),
  cancelled: { severity: 'info', message: 'Cancelled.', fix: 'Start it again when you are ready.' },

  // workspace and git
  'workspace.notGit': error(
    '{path} is not in a git repository.',
    'Run “git init” there and commit once, then try again.',
  ),
  'workspace.bare': error(
    '{path} is a bare repository: it has no files to change.',
    'Open a clone of it that has a work tree.',
  ),
  'workspace.gitMissing': error(
    'Git was not found on PATH.',
    'Install git 2.38 or newer, then restart the sidecar.',
  ),
  'workspace.gitTooOld': error(
    'Git {found} is too old; Symphony needs {needed} or newer.',
    'Update git, then restart the sidecar.',
  ),
  'workspace.shallow': warning(
    '{path} is a shallow clone; agents see only its shortened history.',
    'Run “git fetch --unshallow” if an agent needs the full history.',
  ),
  'git.failed': error(
    'git {command} failed: {detail}',
    'See the log for the whole command; your files are as they were.',
  ),
  'git.nested': error(
    'The agent of {plan} made a git repository of its own at {path}; Symphony does not open it.',
    'Reject the plan, or remove the folder in the agent’s worktree and run it again.',
  ),
  'git.worktreeChanged': error(
    'The worktree {path} holds work that is not recorded; it was not removed.',
    'Look at the folder, save what you need, and remove it by hand.',
  ),

  // planning
  'planning.none': error(
    'There is no .planning folder in {path}.',
    'Create one with a ROADMAP.md and a phases folder, or open the project that has one.',
  ),
  'planning.phaseUnknown': error(
    'Phase {phase} is not in the roadmap. Known phases: {known}.',
    'Choose one of the known phases.',
  ),
  'planning.noPlans': error(
    'Phase {phase} has no plans to execute.',
    'Write a plan file such as {example} first.',
  ),
  'planning.cycle': error(
    'The plans of phase {phase} wait for each other: {path}.',
    'Remove one of these entries from depends_on.',
  ),
  'planning.missingDependency': error(
    '{file} line {line}: depends_on names {dependency}, which is no plan of this phase or an earlier one.',
    'Correct the id, or write the missing plan.',
  ),
  'planning.unfinishedDependency': error(
    '{file} line {line}: depends_on names {dependency} of phase {phase}, which is not done yet.',
    'Execute phase {phase} first, or remove the entry.',
  ),
  'planning.waveMismatch': warning(
    '{file} line {line}: plan {plan} declares wave {declared}, but its dependencies put it in wave {computed}.',
    'Correct wave or depends_on; until then the plan waits for the later of the two.',
  ),
  'planning.filesOverlap': warning(
    'Plans {first} and {second} of one wave both change {files}.',
    'Nothing needs to be done: {second} waits for {first}. Add it to depends_on to say so in the plan.',
  ),
  'planning.discrepancy': warning(
    '{file} line {line}: {stored}, but on disk {found}.',
    'Correct the line; the files on disk are what counts.',
  ),
  'planning.malformed': warning(
    '{file} line {line}: {detail}',
    'Correct the line; everything else in the file is still used.',
  ),
  'planning.fieldUnknown': error('{file} has no field {field}.', 'Use one of its fields: {known}.'),
  'planning.entryUnknown': error(
    '{file} has no line for {what} that could be marked.',
    'Check the id, or add the line first.',
  ),
  'planning.ambiguous': error(
    '{file} names {what} more than once, in lines {lines}; nothing was changed.',
    'Say which section is meant, or edit the line by hand.',
  ),
  'planning.valueRefused': error(
    'The value for {field} cannot be written to {file}: {detail}',
    'Change the value; nothing was written.',
  ),
  'planning.unreadable': error(
    '{file} could not be read: {detail}',
    'Check that the file exists and that you may read it.',
  ),

  'planning.changedMeanwhile': error(
    '{file} was changed meanwhile; nothing was written.',
    'Look at what it says now, then try again.',
  ),
  'planning.locked': error(
    '{file} is held by another program (process {pid}) since more than {seconds} seconds; nothing was written.',
    'Wait until that program is done, or end it; then try again.',
  ),
  'planning.link': error(
    '{file} is a link or lies behind one that leads out of .planning; nothing was written.',
    'Edit the file it leads to by hand, or replace the link with a file.',
  ),
  'planning.writeFailed': error(
    '{file} could not be written: {detail}',
    'Check that you may write to its folder and that there is space; the file is as it was.',
  ),
  'planning.undoUnknown': error(
    'There is no edit {edit} to take back.',
    'List the edits with “symphony planning history”.',
  ),
  'planning.nothingToUndo': error(
    'Symphony has made no edit in {path} that could be taken back.',
    'List the edits with “symphony planning history”.',
  ),
  'planning.byHandOnly': error(
    'No evidence is stored that {what} is done; nothing was changed.',
    'Pass --by-hand to mark it all the same; the edit is recorded as made by hand.',
  ),
  'planning.requirementUnknown': warning(
    '{file} line {line}: {requirement} is in no file of requirements.',
    'Correct the id, or add the requirement to REQUIREMENTS.md.',
  ),
  'planning.phaseReference': warning(
    '{file} line {line}: there is no phase {phase}.',
    'Correct the number, or add the phase to the roadmap.',
  ),
  'planning.planReference': info(
    '{file} line {line}: there is no file of plan {plan}.',
    'Correct the id, or write the plan.',
  ),
  'planning.phaseCycle': error(
    '{file} line {line}: phases wait for each other: {path}.',
    'Remove one of them from “Depends on”.',
  ),
  'planning.mustHavesMissing': warning(
    '{file} line {line}: plan {plan} states no must-haves, so nobody can tell whether it reached its goal.',
    'Add must_haves with its truths to the frontmatter.',
  ),
  'planning.keyMissing': info(
    '{file} line {line}: the frontmatter of plan {plan} has no {key}.',
    'Add the key.',
  ),
  'planning.falseComplete': warning(
    '{file} line {line}: {what} is marked complete, but {found}.',
    'Take the mark away until the evidence is there.',
  ),
  'planning.planTooLarge': info(
    '{file} line {line}: plan {plan} has {tasks} tasks and changes {files} files.',
    'Split it: plans of two or three tasks are the ones agents finish.',
  ),
  'planning.configKey': info(
    '{file} line {line}: {key} is no key GSD knows.',
    'Check its spelling; a key of your own may stay.',
  ),
  'planning.configValue': warning('{file} line {line}: {key} cannot be {value}.', 'Use {known}.'),
  'planning.configSyntax': error(
    '{file} line {line}: this is not JSON, so that the defaults apply: {detail}.',
    'Correct the text there.',
  ),
  'planning.renameRefused': error(
    '{what} cannot be renamed: {detail}.',
    'Choose another id, or edit by hand.',
  ),
  'planning.notLossless': error(
    '{file} would not come back byte for byte from what was understood of it.',
    'Do not edit it with Symphony, and report the file’s shape as a fault.',
  ),

  // models
  'model.none': error(
    'No model is set up.',
    'Run “Symphony: Choose Model…”, or pass --model provider/name on the command line.',
  ),
  'model.unknown': error('{model} is not a model Symphony knows.', 'Use one of: {known}.'),
  'model.noKey': error(
    'There is no API key for {provider}.',
    'Run “Symphony: Set API Key…”, or set {variable} in the environment.',
  ),
  'model.unauthorized': error(
    '{provider} refused the API key (401).',
    'Check the key with “Symphony: Set API Key…”.',
  ),
  'model.rateLimited': error(
    '{provider} asks for fewer requests (429) and went on doing so after {tries} tries.',
    'Wait a little and retry the run, or choose another model.',
  ),
  'model.serverError': error(
    '{provider} answered with the error {status} after {tries} tries.',
    'Retry the run later, or choose another model.',
  ),
  'model.cutOff': error(
    '{provider} ended its answer in the middle after {tries} tries.',
    'Retry the run, or choose another model.',
  ),
  'model.silent': error(
    '{provider} did not answer within {seconds} seconds.',
    'Retry the run, or choose another model.',
  ),
  'model.refused': error(
    '{provider} refused the request ({status}): {detail}',
    'Check the model’s name and that your account may use it, or choose another model.',
  ),
  'model.unreachable': error(
    '{provider} could not be reached after {tries} tries ({detail}).',
    'Check the network and the base URL, and that the server runs; then retry the run.',
  ),
  'model.rubbish': error(
    '{provider} sent an answer Symphony cannot read: {detail}',
    'Check the base URL and the model’s name.',
  ),
  'model.editorGone': error(
    'The model {model} belongs to the editor, and no editor window is connected.',
    'Open the workspace in VS Code and retry the run.',
  ),
  'model.noConsent': error(
    'The editor does not let Symphony use its model {model}.',
    'Allow it when the editor asks, or choose another model with “Symphony: Choose Model…”; then retry the run.',
  ),
  'model.scriptedUnknown': error(
    'The scripted model has no answer to this request: {detail}',
    'It serves the bundled sample alone; choose a real model for your own work.',
  ),

  'model.budgetSpent': error(
    'The {budget} budget of {limit} {kind} does not allow another request to {model}: {used} are used or set aside, and it may take {needed}.',
    'Raise {setting}, or retry the run when the budget begins anew; what is done stays done.',
  ),
  'model.blacklisted': error(
    '{model} failed too often to be relied on; it is not asked again until the sidecar restarts.',
    'Choose another model and retry the run, give the node a fallback, or restart the sidecar when the provider works again.',
  ),

  // the pool
  'pool.unknown': error(
    'The pool knows no resource {resource}.',
    'See the log; it was asked for before it was made known.',
  ),
  'pool.transition': error(
    'The resource {resource} cannot go from {from} to {to}.',
    'See the log; nothing was changed.',
  ),
  'pool.tooLarge': error(
    '{resource} takes {bytes} bytes of memory, and the pool has {limit} in all.',
    'Choose a smaller one, or end what else takes memory.',
  ),
  'pool.failed': error('{resource} failed: {detail}', 'See the log, mend the cause, and retry the run.'),
  'pool.slow': error(
    '{resource} did not answer within {ms} milliseconds.',
    'Retry the run; the log says more if it goes on.',
  ),
  'pool.stopping': info(
    '{resource} is not given out any more: the sidecar ends.',
    'Nothing needs to be done: unfinished runs go on with the next one.',
  ),

  // the agent
  'agent.turnLimit': error(
    'The agent of {plan} used all {limit} turns.',
    'Raise the limit symphony.limits.turns, or make the plan smaller.',
  ),
  'agent.tokenLimit': error(
    'The agent of {plan} used {used} of {limit} tokens.',
    'Raise symphony.limits.tokens, or make the plan smaller.',
  ),
  'agent.costLimit': error(
    'The agent of {plan} spent {used} of {limit} US dollars.',
    'Raise symphony.limits.usd, or make the plan smaller.',
  ),
  'agent.timeLimit': error(
    'The agent of {plan} worked longer than {limit} minutes.',
    'Raise symphony.limits.minutes, or make the plan smaller.',
  ),
  'agent.stuck': error(
    'The agent of {plan} repeated {tool} with the same input {times} times.',
    'Look at its transcript, correct the plan, and run it again.',
  ),
  'agent.gaveUp': error(
    'The agent of {plan} ended without finishing: {detail}',
    'Look at its transcript, correct the plan, and run it again.',
  ),
  'agent.outside': error(
    '{path} is outside the agent’s worktree.',
    'The agent is told; nothing was read or written.',
  ),
  'agent.link': error(
    '{path} is a link that leads out of the agent’s worktree.',
    'The agent is told; nothing was read or written.',
  ),
  'verify.failed': error(
    '{plan}: the verify command “{command}” ended with exit code {exitCode}.',
    'Read its output, correct the plan or the code, and retry the plan.',
  ),
  'verify.refused': error(
    '{plan}: the verify command “{command}” was not approved.',
    'Approve it when the plan is run again, or change it in the plan.',
  ),
  'sandbox.unavailable': warning(
    'Commands of agents are not isolated on this computer: {detail}',
    'Install bubblewrap (“apt install bubblewrap”); until then each command asks.',
  ),

  // runs
  'run.unknown': error('There is no run {run}.', 'List the runs with “symphony runs list”.'),
  'run.wrongState': error(
    'The run is {state}; “{command}” needs it to be one of: {needed}.',
    'Look at where it stands with “symphony runs show”.',
  ),
  'run.nothingToRetry': error(
    'The run is {state}, and none of its nodes failed or was cancelled; there is nothing to retry.',
    'Name the nodes that are to be done again.',
  ),
  'run.ambiguous': error(
    '“{run}” is the beginning of {count} runs: {matches}.',
    'Write enough of the id to tell them apart.',
  ),
  'run.nodeUnknown': error(
    'The run {run} has no node {node}.',
    'Look at the nodes with “symphony runs show {run}”.',
  ),
  'run.nodeWrongState': error(
    'The node {node} is {state}; “{command}” needs it to be one of: {needed}.',
    'Look at the nodes with “symphony runs show”; wait until it has ended, or pause the run first.',
  ),
  'run.nodeStandby': error(
    'The node {node} stands by and is not part of the way; “{command}” does not apply to it.',
    'Name the node it would stand in for.',
  ),
  'run.nodeBygone': error(
    'The node {node} belongs to a try that is over; it cannot be {command}.',
    'Look for the node in the newest round, or retry the whole group.',
  ),
  'run.crashLoop': error(
    'The node {node} was taken over {times} times without coming further.',
    'It seems to end the process it runs in. See the log, then retry or skip the node.',
  ),
  'run.budgetSpent': error(
    'Nothing of the run’s budget of {limit} ({kind}) is left for {node}.',
    'Raise the budget and retry, or skip the node.',
  ),
  'run.timeout': error(
    '{title} did not end within {minutes} minutes.',
    'Raise the limit, or retry to go on with what is left.',
  ),
  'run.nodeTimeout': error(
    'The node {node} did not end within {minutes} minutes.',
    'Raise its limit, or look at what it waits for, then retry.',
  ),
  'run.notAList': error(
    'The input {input} of {node} is not a list.',
    'Give it a list; it goes through the items one by one.',
  ),
  'run.questionUnknown': error(
    'The run is not waiting for the answer {question}.',
    'It may have been answered in another window.',
  ),
  'run.notApproved': error(
    '{count} verify commands of this phase are not approved yet.',
    'Look at them and approve, or pass --approve with their hashes.',
  ),
  'run.answerUnknown': error('“{answer}” is no answer to this question.', 'Choose one of: {choices}.'),
  'run.dispatchCap': error(
    'The node {node} was begun {times} times and is not begun again by itself.',
    'Look at how its attempts failed, correct the cause, then retry it.',
  ),
  'run.loopStuck': error(
    'The loop {node} came to the same in its last {rounds} rounds and does not go round again.',
    'Correct its body or its condition, then retry it.',
  ),
  'workflow.malformed': error(
    'The workflow “{title}” is not valid at {place}: {detail}',
    'Correct the plan or template it was made from.',
  ),
  'workflow.twice': error(
    'The workflow “{title}” has two nodes named {node}.',
    'Rename one of the plans or tasks it was made from.',
  ),
  'workflow.kindUnknown': error(
    'Nothing here can perform the node {node} of the kind {kind}.',
    'Update Symphony; the run was made by another version.',
  ),
  'workflow.missing': error(
    'The node {node} waits for {dependency}, which is not in the workflow.',
    'Correct the dependency, or add what it names.',
  ),
  'workflow.notStandby': error(
    'The node {node} names {standby} to take its place, and that is no standby.',
    'Mark {standby} as a standby of the same level.',
  ),
  'workflow.cycle': error(
    'Nodes of the workflow “{title}” wait for each other: {path}.',
    'Remove one of these dependencies.',
  ),
  'workflow.valueMisfit': error(
    'The input “{port}” of {node} must be {expected}, but is {actual}.',
    'Correct the node the value comes from, or the type of the input.',
  ),
  'run.inputMisfit': error(
    'The input “{input}” must be {expected}, but is {actual}.',
    'Give a value of that type.',
  ),
  'run.inputUnknown': error('There is no input “{input}”; it was given {actual}.', 'Use one of: {known}.'),
  'run.inputMissing': warning(
    'The input “{input}” must be {expected}, but nothing is given.',
    'Give it now, or answer when the run asks for it.',
  ),
  'run.inputAsked': info('The run needs a value for “{input}”: {expected}.', 'Give the value.'),
  'run.approvalAsked': info('{prompt}', 'Choose one of: {choices}.'),
  'merge.conflict': warning(
    '{plan} and the plans before it changed the same lines of {files}.',
    'Choose a side, or resolve the files by hand.',
  ),
  'merge.conflictKinds': warning(
    '{plan} and the plans before it changed {files} in ways that cannot be joined ({kinds}).',
    'Choose a side, or resolve the files by hand; both sides and the base lie beside the folder.',
  ),
  'collision.sameFile': info(
    '{first} and {second} both write {files}.',
    'The later one is merged onto the earlier one and verified there; lines both changed become a question.',
  ),
  'collision.sameRename': info(
    '{first} and {second} both rename the same file: {files}.',
    'The later one becomes a question when it is merged.',
  ),
  'collision.folderAndFile': info(
    '{first} and {second} need a file and a folder of one name: {files}.',
    'The later one becomes a question when it is merged.',
  ),
  'collision.caseTwins': info(
    '{first} and {second} write names that are the same on many disks: {files}.',
    'The later one becomes a question when it is merged.',
  ),

  // what the nodes of a Melody do
  'node.config': error(
    'The configuration of the node {node} is not valid: {detail}',
    'Correct it in the Melody; docs/melody.md says what each node understands.',
  ),
  'node.input': error(
    'The input “{port}” of the node {node} must be {expected}.',
    'Connect an output that gives it, or correct the value.',
  ),
  'node.placeholder': error(
    'The instruction of the node {node} speaks of “{name}”, which is no input of it.',
    'Add the input, or use one of: {known}.',
  ),
  'node.answer': error(
    'The model’s answer at the node {node} does not fit: {detail}',
    'Retry the node, choose another model, or ask for less in its instruction.',
  ),
  'node.commandRefused': error(
    'The node {node} may not run “{command}”: a person refused it.',
    'Retry the node and allow it, or change the command.',
  ),
  'node.commandWaiting': info(
    'The node {node} wants to run “{command}”, which nobody has approved yet.',
    'Look at the command, then allow or deny it.',
  ),

  // templates: Melodies with open places
  'template.malformed': error('{place}: this is no template: {detail}', 'Correct the file there.'),
  'template.parameterTwice': error(
    '{place}: there are two parameters named {parameter}.',
    'Rename one of them.',
  ),
  'template.placeholderUnknown': error(
    '{place}: the placeholder is for {parameter}, which is no parameter.',
    'Use one of: {known}.',
  ),
  'template.placeholderNowhere': error(
    '{place}: the way leads nowhere in the Melody at “{step}”.',
    'Correct the way; every step but the last must be there.',
  ),
  'template.default': error(
    '{place}: the default of {parameter} does not keep to its own constraints ({code}).',
    'Correct the default or the constraints.',
  ),
  'template.pattern': error(
    '{place}: the pattern of {parameter} cannot be understood: {detail}',
    'Correct it; patterns are RE2, without look-around and back-references.',
  ),
  'template.idTaken': error(
    '{file} calls itself {id}, which is the id of a template of higher standing.',
    'Give it another id; built-in templates come first, then yours, then the workspace’s.',
  ),
  'template.versionTwice': error(
    '{file} has the id {id} and the version {version} of {first}.',
    'Raise the version, or remove one of the two files.',
  ),
  'template.unknown': error('There is no template {id}.', 'Use one of: {known}.'),
  'template.versionUnknown': error(
    'The template {id} has no version that fits {range}.',
    'Use one of: {known}.',
  ),
  'template.valueUnknown': error('There is no parameter {parameter}.', 'Use one of: {known}.'),
  'template.valueMissing': error('{parameter} needs a value.', 'Give it one.'),
  'template.valueType': error('{parameter} must be {expected}, but is {actual}.', 'Give it such a value.'),
  'template.valueShort': error('{parameter} has {found} characters.', 'Give it {least} or more.'),
  'template.valueLong': error('{parameter} has {found} characters.', 'Give it {most} or fewer.'),
  'template.valueSmall': error('{parameter} is {found}.', 'Give it {least} or more.'),
  'template.valueGreat': error('{parameter} is {found}.', 'Give it {most} or less.'),
  'template.valueFew': error('{parameter} has {found} items.', 'Give it {least} or more.'),
  'template.valueMany': error('{parameter} has {found} items.', 'Give it {most} or fewer.'),
  'template.valuePattern': error(
    '{parameter} is “{found}”, which does not fit {pattern}.',
    'Give it a value that fits.',
  ),
  'template.valueOneOf': error('{parameter} cannot be {found}.', 'Use one of: {known}.'),
  'template.valueExpression': error('{parameter} is no expression: {detail}.', 'Correct it.'),
  'template.valueTransform': error(
    'The value of {parameter} could not be brought into the Melody: {detail}',
    'Give it another value, or correct the template.',
  ),

  // Melodies: workflows as people write them. {place} is the file, line and column, or the way into the document.
  'melody.unreadable': error(
    '{file} could not be read: {detail}',
    'Check the path and that you may read it.',
  ),
  'melody.tooLarge': error(
    '{file} has {bytes} bytes; a Melody has at most {most}.',
    'Split it into several Melodies, or check that it is the file you meant.',
  ),
  'melody.empty': error('{file} is empty.', 'Begin it with the example in docs/melody.md.'),
  'melody.syntax': error('{place}: this is not JSON: {detail}.', 'Correct the text there.'),
  'melody.tooDeep': error(
    '{place}: brackets lie more than {most} deep in each other.',
    'Flatten what lies there, or check that the file is whole.',
  ),
  'melody.keyTwice': error(
    '{place}: the key “{key}” stands here a second time; the first is in line {first}.',
    'Remove one of the two, or rename it.',
  ),
  'melody.keyForbidden': error('{place}: “{key}” cannot be a key.', 'Choose another name for it.'),
  'melody.versionUnknown': error('{place}: {found} is no version of a Melody.', 'Write "version": {known}.'),
  'melody.newer': error(
    '{file} has version {found} of the format; this Symphony knows {known}.',
    'Update Symphony, or ask for the file in version {known}. It was not changed.',
  ),
  'melody.older': warning(
    '{file} has version {found} of the format; it was read as version {known}.',
    'Run “symphony melody convert {file}” to write it anew.',
  ),
  'melody.migration': error(
    '{file} could not be brought from version {from} to {to}: {detail}',
    'Correct the file, or write it anew; it was not changed.',
  ),
  'melody.damaged': error(
    '{file} is no whole Melody in binary form: {detail}',
    'Take it from where it came from again, or use its JSON form.',
  ),
  'melody.malformed': error(
    '{place}: {detail}.',
    'Correct the value; docs/melody.md says what belongs there.',
  ),
  'melody.fieldUnknown': error(
    '{place}: there is no field “{field}” here.',
    'Check its spelling; what is yours to keep goes into metadata.custom.',
  ),
  'melody.kindUnknown': error('{place}: “{kind}” is no kind of node or edge.', 'Use one of: {known}.'),
  'melody.typeUnknown': error(
    '{place}: “{type}” is no type of a port.',
    'Use any, text, json, file, number, boolean, artifact, artifact<word> or list<type>.',
  ),
  'melody.tooMany': error(
    '{place}: {found} {what} are more than the {most} a Melody may have.',
    'Move a part of it into a Melody of its own and use it as a subworkflow.',
  ),
  'melody.idTwice': error(
    '{place}: the id “{id}” is taken already; the first is in {first}.',
    'Give one of the two another id.',
  ),
  'melody.portTwice': error('{place}: the node {node} has two ports named “{port}”.', 'Rename one of them.'),
  'melody.edgeTwice': warning(
    '{place}: this edge from {from} to {to} is there already.',
    'Remove one of the two.',
  ),
  'melody.dangling': error(
    '{place}: the edge’s end “{end}” names the node {node}, which is not on this level.',
    'Correct the id, or add the node. Nodes inside a body are reached through the ports of their loop or map.',
  ),
  'melody.endMalformed': error(
    '{place}: “{end}” is no end of a data edge.',
    'Write the node’s id, a dot and the port, for example {example}.',
  ),
  'melody.portUnknown': error('{place}: the node {node} has no {side} “{port}”.', 'Use one of: {known}.'),
  'melody.portSide': error(
    '{place}: “{port}” of the node {node} is an {found}, not an {expected}.',
    'Swap the ends of the edge, or name an {expected}.',
  ),
  'melody.portTaken': error(
    '{place}: the input “{port}” of the node {node} gets a value already, from {first}.',
    'Remove one of the edges, merge them before, or set "many": true on the port.',
  ),
  'melody.typeMismatch': error(
    '{place}: {to} expects {expected}, but {from} gives {actual}.',
    'Connect other ports, change a type, or convert the value with a transform.',
  ),
  'melody.transformMisfit': error(
    '{place}: the transform {op} needs {expected}, but {from} gives {actual}.',
    'Remove the transform, or change the type of the output.',
  ),
  'melody.valueMisfit': error(
    '{place}: {what} of the node {node} must be {expected}, but is {actual}.',
    'Change the value or the type.',
  ),
  'melody.inputMissing': error(
    '{place}: the input “{port}” ({type}) of the node {node} gets no value.',
    'Connect an output to it, give it a default, or set "required": false.',
  ),
  'melody.cycle': error(
    '{place}: these nodes wait for each other: {path}.',
    'Remove one of the edges; what is to repeat goes into the body of a loop.',
  ),
  'melody.orphan': error(
    '{place}: the node {node} is connected to nothing.',
    'Connect it, remove it, or disable it with "enabled": false.',
  ),
  'melody.outputUnreachable': error(
    '{place}: no value can ever reach the output {node}, because of {cause}.',
    'Enable, complete or go around {cause}.',
  ),
  'melody.bodyEmpty': error('{place}: the body of {node} has no nodes.', 'Put the steps to repeat into it.'),
  'melody.bodyTooDeep': error(
    '{place}: bodies lie more than {most} deep in each other.',
    'Make a Melody of its own from the inner part and use it as a subworkflow.',
  ),
  'melody.bodyInput': error(
    '{place}: the input {input} in the body of {node} is no input port of it.',
    'Name it like one of: {known}.',
  ),
  'melody.bodyNone': error(
    '{place}: {node} stands for the port “{port}”, but lies in no body.',
    'Remove the port, or move the node into the body of a loop or map.',
  ),
  'melody.bodyOutput': error(
    '{place}: the output port “{port}” of {node} has no output node in the body.',
    'Add an output node with the id or port {port} to the body, or remove the port.',
  ),
  'melody.mapOver': error(
    '{place}: {node} goes over “{over}”, which is {actual}.',
    'Name an input port of a list type.',
  ),
  'melody.waitEither': error(
    '{place}: {node} waits for no time, or for two.',
    'Give either minutes or until.',
  ),
  'melody.joinMore': error(
    '{place}: {node} waits for {count} nodes, but {found} come before it.',
    'Lower the number, or connect more nodes.',
  ),
  'melody.loopEither': error(
    '{place}: the loop {node} has both while and until.',
    'Keep the one that says when it ends.',
  ),
  'melody.expression': error(
    '{place}: the expression is not valid at its character {at}: {detail}.',
    'Correct it; docs/melody.md lists what expressions can say.',
  ),
  'melody.expressionFailed': error(
    'The expression “{expression}” failed: {detail}.',
    'Correct the expression, or the value it works on.',
  ),
  'melody.expressionBudget': error(
    'The expression “{expression}” took more than {most} steps.',
    'Make it simpler, or give it shorter lists.',
  ),
  'melody.policyBoth': error(
    '{place}: the node {node} has both fallback and skip; only one of them can happen.',
    'Remove one of the two.',
  ),
  'melody.fallbackEither': error(
    '{place}: the fallback of {node} names neither a node nor a value, or both.',
    'Give exactly one of them.',
  ),
  'melody.policyNode': error(
    '{place}: the {policy} of {node} names the node {named}, which is not on this level.',
    'Correct the id, or add the node.',
  ),
  'melody.policySelf': error('{place}: the node {node} is its own {policy}.', 'Name another node.'),
  'melody.fallbackLoop': error(
    '{place}: these nodes are each other’s fallback: {path}.',
    'Let one of them fail for good.',
  ),
  'melody.fallbackWaits': error(
    '{place}: the fallback {named} waits for {node}, which it should replace.',
    'Remove the edges between them, or name another node.',
  ),
  'melody.policyPort': error(
    '{place}: the {policy} of {node} gives a value for “{port}”, which is no output of it.',
    'Use one of: {known}.',
  ),
  'melody.budgetOver': error(
    '{place}: the node {node} may use {found} {what}, but the whole run only {most}.',
    'Lower the one or raise the other.',
  ),
  'melody.timeoutOver': error(
    '{place}: the node {node} may take {found} minutes, but the whole run only {most}.',
    'Lower the one or raise the other.',
  ),
  'melody.retryOver': error(
    '{place}: the pauses between the tries of {node} add up to {found} minutes, but the whole run may take {most}.',
    'Try less often, pause less, or raise the timeout.',
  ),
  'melody.skipEmpty': warning(
    '{place}: if {node} is skipped, {to} gets no value.',
    'Give a default for “{port}” in the skip policy, or set "required": false at the input.',
  ),
  'melody.compensateUnused': warning(
    '{place}: {node} has a compensation, but the run never compensates.',
    'Set policy.onFailure to "compensate", or remove it.',
  ),
  'melody.schedule': error(
    '{place}: “{schedule}” is no schedule: {detail}.',
    'Write five fields: minute 0-59, hour 0-23, day 1-31, month 1-12, weekday 0-7; * , - and / may be used.',
  ),
  'melody.triggerInput': error(
    '{place}: the trigger {trigger} gives a value for “{input}”, which is no input of the Melody.',
    'Use one of: {known}.',
  ),
  'melody.path': error(
    '{place}: “{path}” is no path of a Melody below this workspace.',
    'Write a relative path with forward slashes that ends in .melody.json.',
  ),
  'melody.operatorReserved': error(
    '{place}: “{operator}” is a kind of node, not an operator.',
    'Make it a node of that kind, or name another operator.',
  ),
  'melody.subworkflowLoop': error(
    '{place}: these Melodies include each other: {path}.',
    'Remove one of the subworkflows; what is to repeat goes into the body of a loop.',
  ),
  'melody.subworkflowPort': error(
    '{place}: {node} has the {side} “{port}”, but {file} has no {side} node of that id.',
    'Use one of: {known}.',
  ),
  'melody.transformFailed': error(
    'The transform {op} failed: {detail}.',
    'Correct the transform, or the value it works on.',
  ),
  'melody.more': warning(
    '{file} has {count} more problems.',
    'Correct those that are shown, then check again.',
  ),
  'melody.exists': error(
    '{path} exists already; it was not changed.',
    'Move it away, or convert to another folder.',
  ),
  'melody.changed': error('{file} is not what was shown any more.', 'Look at it again, then start it again.'),
  'melody.invalid': error(
    '{file} has {count} errors, the first at {place} ({first}).',
    'See all of them with “symphony melody check {file}”.',
  ),
  'melody.changedMeanwhile': error(
    '{path} was changed by something else meanwhile; it was not written.',
    'Run the command again.',
  ),
  'melody.editRefused': error(
    'The change at {path} cannot be made in {file}: {detail}',
    'Look at the file; it was not changed.',
  ),

  // triggers: what starts runs without a person at the keyboard
  'trigger.unknown': error('{melody} has no trigger {trigger}.', 'Use one of: {known}.'),
  'trigger.melodyUnknown': error(
    'There is no Melody {melody} in this workspace that could be read.',
    'Check the path, and the file with “symphony melody check”.',
  ),
  'trigger.manual': error(
    'The trigger {trigger} of {melody} is started by a person and cannot be armed.',
    'Fire it when you want the run.',
  ),
  'trigger.off': error(
    'The trigger {trigger} of {melody} is switched off in the file.',
    'Remove "enabled": false there, then arm it.',
  ),
  'trigger.restricted': error(
    'This workspace is in Restricted Mode: no trigger is armed or fired.',
    'Trust the workspace first.',
  ),
  'trigger.notArmed': error('The trigger {trigger} of {melody} is not armed.', 'Arm it first.'),
  'trigger.notWebhook': error(
    'The trigger {trigger} of {melody} is no webhook and has no address.',
    'Name a trigger with "on": "webhook".',
  ),
  'trigger.changed': warning(
    '{melody} was changed since its trigger {trigger} was armed; it fires no more.',
    'Look at the change, then arm the trigger again.',
  ),
  'trigger.gone': warning(
    'The trigger {trigger} of {melody} is not there any more; it fires no more.',
    'Put it back and arm it again, or disarm it.',
  ),
  'trigger.tooOften': warning(
    'The trigger {trigger} of {melody} was to fire more than {most} times within a minute; it is paused.',
    'Look for a circle, such as a run that changes the files it is triggered by; then arm it again.',
  ),
  'trigger.chainTooDeep': warning(
    'The trigger {trigger} of {melody} did not fire: {most} runs in a row were started by each other.',
    'Look for a circle among Melodies that start each other.',
  ),
  'trigger.missed': warning(
    'Missed {count} firings of the trigger {trigger} of {melody}, from {first} to {last}; they are skipped.',
    'Start it by hand if the work is still wanted, or write "missed": "once" to catch up.',
  ),
  'trigger.stale': warning(
    'A firing of the trigger {trigger} of {melody} was recorded, but the sidecar ended before the run began; it is skipped.',
    'Start it by hand if the work is still wanted.',
  ),
  'trigger.schedule': error(
    'The trigger {trigger} of {melody} has no usable schedule “{schedule}”: {detail}',
    'Correct the schedule, then arm it again.',
  ),
  'trigger.zone': error(
    'The trigger {trigger} of {melody} names the time zone “{zone}”, which this computer does not know.',
    'Write an IANA name such as Europe/Berlin.',
  ),
  'trigger.never': error(
    'The schedule “{schedule}” of the trigger {trigger} of {melody} never comes.',
    'Choose a day that the month has.',
  ),
  'trigger.glob': error(
    'The trigger {trigger} of {melody} has the pattern “{glob}”: {detail}',
    'Write a pattern below the workspace folder with forward slashes, such as src/**/*.ts.',
  ),
  'trigger.pathTaken': error(
    'The webhook address “{path}” is taken by the trigger {other}.',
    'Disarm that one, or choose another path.',
  ),
  'trigger.watchFailed': error(
    '{path} cannot be watched: {detail}',
    'Check that it is there; on Linux raise fs.inotify.max_user_watches if that is what is used up. Then arm the trigger again.',
  ),
  'trigger.watchTooMuch': error(
    'The patterns {patterns} reach more than {most} folders, too many to watch.',
    'Make them narrower, or let git ignore what need not be watched; then arm the trigger again.',
  ),
  'trigger.inputFixed': error(
    'The trigger {trigger} gives “{input}” a value itself; a caller cannot.',
    'Leave “{input}” out.',
  ),
  'hook.unauthorized': error(
    'There is no webhook here for this token.',
    'Send “Authorization: Bearer” with the token of an armed webhook, to its own address.',
  ),
  'hook.method': error('Webhooks take POST, not {method}.', 'Use POST.'),
  'hook.host': error(
    'Requests for “{host}” are not answered here.',
    'Call 127.0.0.1 from a program on this computer, not from a web page.',
  ),
  'hook.body': error(
    'The body is no JSON object: {detail}',
    'Send an object of inputs as application/json, or no body.',
  ),
  'hook.tooLarge': error('The body has more than {most} bytes.', 'Send less, or the path of a file.'),
  'hook.tooMany': error('Too many requests.', 'Try again after a minute.'),

  // arbitration: who gets what when not everybody can have it
  'arbitration.unavailable': info(
    '{label} waits for {resource}, which {holders} has.',
    'It goes on by itself as soon as that is free.',
  ),
  'arbitration.lowerPriority': info(
    '{label} waits for {resource} behind {ahead}, after {waitedSeconds} s.',
    'It moves forward the longer it waits.',
  ),
  'arbitration.lineFull': error(
    '{label} was not let wait: {most} others that go first wait already.',
    'Try again later, or with a higher priority.',
  ),
  'arbitration.costExceeded': error(
    '{label} would use {amount} of the budget “{resource}”, of which {used} of {most} are used.',
    'Raise the budget, or try again in its next window.',
  ),
  'arbitration.rateLimited': info(
    '{label} waits for about {seconds} s: “{resource}” allows {most} in its window.',
    'It goes on by itself.',
  ),
  'arbitration.policy': error(
    '{label} cannot have {resource}: {detail}.',
    'Ask for something else, or change the policy.',
  ),
  'arbitration.deadlock': error(
    '{label} cannot have {resource}, because all of these wait for each other: {cycle}.',
    'It was chosen to step back, being the least urgent and the last to come. Try it again.',
  ),
  'arbitration.timeout': error(
    '{label} waited {seconds} s for {resource}, longer than it was allowed to.',
    'See who has it in the Pit view, then try again.',
  ),

  // review
  'review.unknown': error('There is no changeset {changeset}.', 'Refresh the view.'),
  'review.changedMeanwhile': warning(
    '{path} was changed since the run began, in the same place.',
    'Compare both and keep the one you want; nothing was written.',
  ),
  'review.dirtyBuffer': warning(
    '{path} has unsaved changes in the editor.',
    'Save or revert the file, then accept again; nothing was written.',
  ),
  'review.link': warning(
    '{path} lies behind the link {link}; Symphony does not write through links.',
    'Replace the link by a folder, then accept again; nothing was written.',
  ),
  'review.accepted': warning(
    '{path} was accepted already; it cannot be rejected any more.',
    'Undo the change in the editor or with git.',
  ),
  'review.merged': {
    severity: 'info',
    message: '{path} was changed meanwhile elsewhere; both changes were kept.',
    fix: 'Look at the file once.',
  },
  'review.stale': warning(
    'What was decided on in {path} is not there any more.',
    'Refresh the review and decide again; nothing was written.',
  ),
  'review.overlap': warning(
    'In {path}, lines {lines} were changed by you and by the proposal.',
    'Compare the sides and merge them by hand; nothing was written.',
  ),
  'review.encoding': warning(
    '{path} is open with unsaved changes and could not be kept as {encoding} with its line ends.',
    'Save or revert the file, then decide again; nothing was written.',
  ),
  'review.readOnly': warning(
    '{path} is read-only.',
    'Allow writing to it, then decide again; nothing was written.',
  ),
  'review.waiting': warning(
    '{path} waits for the editor to make the edits of an earlier decision.',
    'Decide again in a moment; nothing was written.',
  ),
  'review.redecided': {
    severity: 'info',
    message: 'Some changes in {path} were decided on again since; those stay as they are.',
    fix: 'Undo the later decision first.',
  },
  'review.abandoned': warning(
    'A decision on {path} was cut short and the file was changed since, so the decision was dropped.',
    'Look at the file and decide again; it was left as it is.',
  ),
  'review.adaptedEnds': {
    severity: 'info',
    message: 'The proposal for {path} has other line ends; what is kept is written with those of your file.',
    fix: 'Nothing is to be done.',
  },
  'review.nothingToSend': warning(
    'There is no open conversation to send.',
    'Comment on a line of the proposal first.',
  ),
  'review.branchExists': error('There is a branch {branch} already.', 'Choose another name.'),
  'review.branchName': error('{branch} is not a name git accepts for a branch.', 'Choose another name.'),
  'review.branchConflict': error(
    'The changes do not go together with your last commit: {files}.',
    'They build on edits that you have not committed. Commit those first, or export a patch.',
  ),
  'review.branchEmpty': error(
    'There is nothing for branch {branch}: every change was dropped, or you have committed nothing yet.',
    'Commit once, or keep a change first.',
  ),
  'checkpoint.unknown': error('There is no checkpoint {checkpoint}.', 'Refresh the list.'),
  'checkpoint.treeChanged': warning(
    'Your files changed since the preview was made.',
    'Look at the new preview; nothing was written.',
  ),
  'checkpoint.dirty': warning(
    '{path} has unsaved changes in an editor; it was left as it is.',
    'Save or revert it, then restore it again.',
  ),
  'checkpoint.changedMeanwhile': warning(
    '{path} changed while files were being restored; it was left as it is.',
    'Look at it, then restore it again if you still want to.',
  ),
  'checkpoint.notKnown': warning(
    '{path} was ignored when the checkpoint was taken, so it may have been there already; it was left as it is.',
    'Remove it yourself if you do not need it.',
  ),
  'checkpoint.submodule': warning(
    '{path} is a submodule; it was left as it is.',
    'Bring it to the commit you want with “git submodule update”.',
  ),
  'checkpoint.behindLink': warning(
    '{path} lies behind the link {link}; it was left as it is.',
    'Restore it again when the link is gone.',
  ),
  'checkpoint.lost': error(
    'The content of {path} in this checkpoint is not there any more.',
    'Git removed it from your repository after history was rewritten; other files can be restored.',
  ),
  'checkpoint.writeFailed': error(
    '{path} could not be restored: {detail}',
    'Check that you may write there, then restore it again.',
  ),
  'worktree.unknown': error('{folder} is not a worktree of Symphony.', 'Refresh the list.'),
  'worktree.active': warning('Somebody works in {folder}.', 'Wait until run {run} has ended, or cancel it.'),
  'worktree.dirty': warning(
    '{folder} holds {count} files that are in no commit.',
    'Look at them first; removing it anyway keeps its state as a checkpoint.',
  ),
  'pit.busy': warning(
    'The services of the Pit cannot be restarted while {count} runs work.',
    'Pause or cancel them first, or wait until they have ended.',
  ),
  'review.writeFailed': error(
    '{path} could not be written: {detail}',
    'Free space or permissions, then accept again; the file is as it was.',
  ),

  // the doctor's findings
  'doctor.node': info('Node.js {version} with SQLite {sqlite}.', ''),
  'doctor.git': info('{version}.', ''),
  'doctor.gitMissing': error('git was not found: {detail}', 'Install git 2.38 or newer.'),
  'doctor.isolated': info('Commands of agents are isolated: {detail}', ''),
  'doctor.partlyIsolated': warning(
    'Commands of agents are only partly isolated: {detail}',
    'Each of them asks. Install bubblewrap, or update it.',
  ),
  'doctor.folder': info('Data folder {path}, {free} GB free.', ''),
  'doctor.folderLow': warning(
    'Data folder {path}, only {free} GB free.',
    'Free some space before the next run.',
  ),
  'doctor.journal': info('Journal of {events} events in {runs} runs.', ''),
  'doctor.model': info('Model {model}.', ''),

  // data and sidecar
  'data.diskFull': error(
    'The disk of {path} is full.',
    'Free some space; the run goes on by itself, or retry it where it has failed. Nothing recorded was lost.',
  ),
  'data.readOnly': error(
    'Symphony cannot write to its data folder {path}.',
    'Make it writable, or set SYMPHONY_HOME to a folder you own.',
  ),
  'data.failing': error(
    'The disk of {path} reports an error: {detail}',
    'Nothing recorded was lost. Look after the disk; retry the run where it has failed.',
  ),
  'data.busy': error(
    '{path} is in use by another program.',
    'Close what has it open; retry the run where it has failed. Nothing recorded was lost.',
  ),
  'data.newer': error(
    'The data folder {path} was written by a newer Symphony (layout {found}, this one knows {known}).',
    'Update Symphony.',
  ),
  'data.corrupt': error(
    '{path} is damaged: {detail}',
    'A copy was kept at {backup}. “Symphony: Doctor” says what could be read.',
  ),
  'data.tailLost': warning(
    '{path}: the last {lost} events that were acknowledged are missing; the first {kept} are whole.',
    'Runs go on from there and may do some work again. What was found is kept at {backup}.',
  ),
  'data.takenOver': error(
    'Another Symphony has taken over {path}; this one no longer writes to it.',
    'Go on in the other one, or stop it and restart the sidecar with “Symphony: Restart Sidecar”.',
  ),
  // what the Stale Manager decides and why
  'stale.keep.referenced': info('{references} artifacts or holders refer to it.', ''),
  'stale.keep.named': info('The run {run} needs it.', ''),
  'stale.keep.tagged': info('It is tagged “{tag}”.', ''),
  'stale.keep.active': info('The run {run} has not ended.', ''),
  'stale.keep.open': info(
    'The run {run} offers changes that nobody has decided on yet.',
    'Accept or reject them first.',
  ),
  'stale.keep.held': info('{holder} holds it.', ''),
  'stale.keep.recent': info('It was used within the last {hours} hours.', ''),
  'stale.keep.training': info('“{policy}” keeps what models can be trained with, so it is not deleted.', ''),
  'stale.keep.valued': info('Its value of {value} out of 100 is too high for deleting it.', ''),
  'stale.keep.compressed': info('It is compressed already.', ''),
  'stale.keep.unruled': info('No policy asks for it to go.', ''),
  'stale.keep.changed': info('Something about it changed after the list was made.', ''),
  'stale.rule.age': info('“{policy}”: it was last used {days} days ago; at most {most} are allowed.', ''),
  'stale.rule.uses': info('“{policy}”: it was used {uses} times; at least {least} are expected.', ''),
  'stale.rule.quality': info(
    '“{policy}”: its quality is {quality} of 100; at least {least} is expected.',
    '',
  ),
  'stale.rule.size': info(
    '“{policy}”: at most {most} bytes are allowed, all of it takes {bytes}, and its value of {value} is among the lowest.',
    '',
  ),
  'stale.value': info(
    'Its value is {value} of 100: recency {recency}, frequency {frequency}, quality {quality}, training {training}, uniqueness {uniqueness}.',
    '',
  ),
  'stale.worktree.dirty': info(
    '{path} holds work that is not committed.',
    'Look at it and save what you need.',
  ),
  'stale.worktree.referenced': info('The run {run} still works with it.', ''),
  'stale.worktree.unmerged': info('Its commit {commit} is part of no other branch or changeset.', ''),
  'stale.worktree.held': info('It belongs to the history of a run and goes with it.', ''),
  'stale.worktree.free': info(
    'Its run has ended, and all it holds is part of {commit}.',
    'It can be removed; a recovery ref keeps its commit.',
  ),
  'stale.notice': info(
    '{items} things that are no longer needed take {bytes} bytes: {archive} to archive, {delete} to delete.',
    'Look at the list; nothing goes without your consent.',
  ),
  'stale.cleaned': info(
    '{archived} things were archived and {deleted} deleted, {bytes} bytes in all.',
    'It can be undone until {until}.',
  ),
  'stale.notConfirmed': error(
    'Cleaning would archive {archive} and delete {delete} things, {bytes} bytes in all. Nothing was changed.',
    'Look at the list and confirm it.',
  ),
  'stale.tooMuch': error(
    'The policies {policies} would delete {delete} of {all} {what}, more than {share} percent, among them {names}. Nothing was changed.',
    'Check the policies. If this is what you want, confirm that this much may go.',
  ),
  'stale.planUnknown': error(
    'The list {plan} is not there any more.',
    'Make a new list; what is to go may have changed.',
  ),
  'stale.undoUnknown': error(
    'There is no cleaning {cleaning} that could be undone.',
    'A cleaning can be undone until its time is over; the Pit lists those there are.',
  ),
  'stale.runKept': error('The run {run} cannot be archived: {why}', 'Try again when that is over.'),
  'stale.notArchived': error('The run {run} is not archived.', 'Everything it needs is there already.'),
  'stale.archiveDamaged': error(
    'The archive {path} is damaged: {detail}',
    'Nothing was removed because of it and nothing taken from it. Put a copy of the file in its place, if there is one.',
  ),
  'stale.worktreeUnknown': error('{name} is no worktree or ref that could be removed.', 'List them again.'),
  'stale.worktreeKept': error('{name} is kept: {why}', 'Remove it when that is over.'),
  // artifacts
  'artifact.stopped': error(
    'The artifact store is not running.',
    'Wait until it has started again; the run can be retried.',
  ),
  'artifact.unknown': error(
    'No bytes are stored under {hash}.',
    'Check the hash; what was removed is listed in the removals of the store.',
  ),
  'artifact.versionUnknown': error(
    'There is no version {version} of {name}.',
    'List its versions and choose one of them.',
  ),
  'artifact.tooLarge': error(
    '{name} has {size} bytes; at most {most} are stored as one artifact.',
    'Split it, or keep it outside and store a reference.',
  ),
  'artifact.quotaExceeded': error(
    '{name} needs {needed} bytes, and of the {quota} allowed for artifacts {free} are free.',
    'Let old runs go, or raise the quota. Nothing stored was removed.',
  ),
  'artifact.keyLost': error(
    '{hash} is encrypted with the key {key}, which is not there.',
    'Bring the key back. Nothing was removed, and everything else reads as before.',
  ),
  'artifact.keyFile': error(
    'The key file {path} cannot be used: {detail}',
    'Bring back a key file that only its owner can read.',
  ),
  'artifact.invalid': error(
    'The artifact {name} cannot be stored: {place} {detail}',
    'Mend that value and store it again.',
  ),
  'artifact.misfit': error(
    '{name} does not fit the type {type}: {detail}',
    'Mend it, or store it under another type.',
  ),
  'artifact.typeInvalid': error(
    'The artifact type {type} cannot be registered: {detail}',
    'Mend its definition.',
  ),
  'artifact.binary': error('{name} is no text, so its versions cannot be compared by line.', ''),
  'artifact.tooDifferent': error('The versions of {name} differ too much to be compared by line.', ''),
  'artifact.query': error('The search cannot be done: {detail}', 'Change the query.'),

  'runFile.damaged': error(
    'The file of the run is damaged: {detail}',
    'Nothing was imported. Copy the file again, or export the run again.',
  ),
  'runFile.newer': error(
    'The file of the run was written by a newer Symphony (version {found}, this one knows {known}).',
    'Update Symphony.',
  ),
  'runFile.taken': error(
    'There is a run {run} already, and it is not the one in the file: they differ at event {seq}.',
    'Nothing was imported. Import the file where that run is not.',
  ),
  'runFile.exists': error(
    '{path} is there already.',
    'Nothing was written. Choose another name, or move that file.',
  ),
  'runFile.unreadable': error(
    '{path} could not be read: {detail}',
    'Check the path and that you may read it.',
  ),
  'runFile.unwritable': error(
    '{path} could not be written: {detail}',
    'Check the path and that you may write there.',
  ),
  'runFile.relative': error(
    '{path} does not say where it is.',
    'Give the whole path, from the root of the disk.',
  ),
  'runFile.blobMissing': error(
    'The run {run} names the blob {blob}, which is not there.',
    'The run cannot be exported whole. “Symphony: Doctor” says what could be read.',
  ),
  'sidecar.busy': error(
    'Another sidecar (process {pid}) owns this workspace and does not answer.',
    'Wait a moment, or stop that process, then restart the sidecar.',
  ),
  'sidecar.tooOld': error(
    'The running sidecar speaks protocol {found}; this window needs {needed}.',
    'Wait until its runs end, or stop it with “Symphony: Restart Sidecar”.',
  ),
  'sidecar.tooNew': error(
    'The running sidecar is newer (protocol {found}) than this window ({needed}).',
    'Reload this window after updating the extension.',
  ),
  'sidecar.untrusted': error(
    'Whatever listens at {path} could not prove that it is Symphony.',
    'Restart the sidecar; the stale address is then replaced.',
  ),
  'sidecar.noNode': error(
    'No Node.js with node:sqlite was found ({tried}).',
    'Install Node 24 or newer, or set symphony.nodePath.',
  ),
  'sidecar.failed': error('The sidecar did not start: {detail}', 'See its log with “Symphony: Show Log”.'),

  // the bus between the sidecar and its extensions, workers and tools
  'bus.timeout': error(
    'Nobody answered {type} within {milliseconds} ms.',
    'Try again; if it happens often, see the log for what the other side was doing.',
  ),
  'bus.noRoute': error('Nobody handles {type}.', 'Start or enable the extension that does.'),
  'bus.routeTaken': error(
    '{type} has a handler already.',
    'Disable one of the two extensions that both want to handle it.',
  ),
  'bus.forbidden': error(
    'The connection may not {action} {type}.',
    'Declare it in the permissions of the extension, and have them granted.',
  ),
  'bus.busy': error(
    '{peer} has {most} of these open already, as many as it may.',
    'Wait until some of them are done.',
  ),
  'bus.full': error(
    'Too much waits to be sent to {peer}; {type} was not sent.',
    'Wait until it has read what it was sent.',
  ),
  'bus.tooLarge': error(
    'The message {type} is larger than {peer} may be sent.',
    'Send it in parts, as a stream, or as an artifact.',
  ),
  'bus.closed': error(
    'The connection to {peer} has ended: {reason}',
    'It is made again by itself where that is possible; else restart the extension.',
  ),
  'bus.remote': error('{peer} failed: {detail}', 'See the log of the extension.'),
  'bus.payload': error(
    'The message cannot be sent: {detail}',
    'Send what JSON can hold, bytes, or whole numbers up to 64 bits.',
  ),
  'bus.topic': error(
    '“{topic}” is no name for a message.',
    'Use up to 32 levels of letters, digits, “_”, “-”, “:” and “/”, joined by dots, 255 characters in all.',
  ),
  'bus.stream': error('{type} answers with a stream, and one answer was asked for.', 'Ask for a stream.'),
  'bus.sequence': error(
    'An event of {topic} has the sequence number {seq}; the newest is {newest}.',
    'Events of runs are numbered upward, others are not numbered.',
  ),
  'bus.replay': error(
    'Events of {pattern} after {seq} were announced but cannot be read.',
    'See the log; connecting again reads them once more.',
  ),
  'bus.address': error('Nobody can listen at {address}: {detail}', 'See whether another program uses it.'),
  'bus.unreachable': error('Nobody listens at {address}: {detail}', 'Start the sidecar.'),
  'bus.untrusted': error(
    'Whatever listens at {address} could not prove that it is Symphony: {reason}',
    'Restart the sidecar; the stale address is then replaced.',
  ),
} as const satisfies Record<string, CodeText>;

export type Code = keyof typeof codes;
export type CodeArgs = Readonly<Record<string, string | number>>;

/** A located, explained failure as it travels on the wire and in the journal. */
export interface Problem {
  readonly code: Code;
  readonly args: CodeArgs;
}

/** Fills `{name}` places of a text from `args`; an absent argument stays visible as `{name}`. */
export function fillText(text: string, args: CodeArgs): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => (name in args ? String(args[name]) : place));
}

/** Arguments of which some are codes themselves, as reasons are: `say` gives the sentence of such a one. */
export function saidArgs(args: CodeArgs, say: (code: Code) => string): CodeArgs {
  const said = Object.entries(args).map(([name, value]) => [
    name,
    // A code without a point, “cancelled”, is a word like any other.
    typeof value === 'string' && value.includes('.') && Object.hasOwn(codes, value)
      ? say(value as Code)
      : value,
  ]);
  return Object.fromEntries(said) as CodeArgs;
}
