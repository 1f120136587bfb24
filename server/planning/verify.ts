import { readable } from './text/bytes';
import { type Element, decodeEntities, elementsNamed } from './text/elements';

/** No plan needs more; a file that claims more is cut off here. */
const mostCommands = 200;

/**
 * The commands that prove the tasks of a plan, in order and without repeats. Those of `<automated>` in
 * a `<verify>` count; a `<verify>` without any gives what in it can only be code: fences of shell, lines
 * that are one code span, or a single line that reads as a command from its first word to its last.
 */
export function verifyCommands(tasks: readonly Element[]): string[] {
  const commands: string[] = [];
  const verifies = elementsNamed(
    tasks.flatMap((task) => task.children),
    'verify',
  );
  for (const verify of verifies) {
    const automated = elementsNamed(verify.children, 'automated');
    // What `<manual>` and `<human-check>` hold is for people.
    if (automated.length > 0) for (const one of automated) commands.push(commandOf(one.content));
    else if (verify.children.length === 0) commands.push(...codeOf(readable(verify.content)));
  }
  const wanted = commands
    .map((command) => decodeEntities(command).trim())
    .filter((command) => command !== '' && !/^MISSING\b/.test(command));
  return [...new Set(wanted)].slice(0, mostCommands);
}

/** The text of an `<automated>`: its fence or code span taken off, its common indentation too. */
function commandOf(content: string): string {
  const lines = readable(content).replaceAll('\r\n', '\n').trim().split('\n');
  const unfenced = lines.length > 2 && isFence(lines[0]!) ? lines.slice(1, -1) : lines;
  const text = dedent(unfenced).trim();
  return codeSpan(text) ?? text;
}

function codeOf(content: string): string[] {
  const found: string[] = [];
  const outside: string[] = [];
  let fence: string[] | undefined;
  let isShell = false;
  for (const line of content.replaceAll('\r\n', '\n').split('\n')) {
    if (isFence(line)) {
      if (fence && isShell) found.push(dedent(fence));
      isShell = /^\s*(?:`{3,}|~{3,})\s*(?:(?:ba|z)?sh|shell|console)?\s*$/.test(line);
      fence = fence ? undefined : [];
    } else if (fence) fence.push(line.replace(/^(\s*)\$ /, '$1'));
    else {
      const text = line.trim();
      const code = codeSpan(text.slice(0, 4000).replace(/^(?:[-*+]|\d+[.)])\s+/, ''));
      if (code !== undefined) found.push(code);
      else if (text !== '') outside.push(text);
    }
  }
  if (found.length === 0 && outside.length === 1 && readsAsCommand(outside[0]!)) found.push(outside[0]!);
  return found;
}

/** The inside of a text that is one code span. */
function codeSpan(text: string): string | undefined {
  return /^(`+)([^`\n]+)\1$/.exec(text)?.[2]!.trim();
}

const programs = new Set([
  ...['npm', 'npx', 'pnpm', 'yarn', 'node', 'deno', 'bun', 'tsc', 'eslint', 'jest', 'vitest', 'mocha'],
  ...[
    'cargo',
    'go',
    'make',
    'cmake',
    'ctest',
    'just',
    'dotnet',
    'gradle',
    './gradlew',
    'mvn',
    'swift',
    'xcodebuild',
  ],
  ...[
    'pytest',
    'python',
    'python3',
    'uv',
    'poetry',
    'tox',
    'ruff',
    'mypy',
    'mix',
    'php',
    'composer',
    'ruby',
    'bundle',
  ],
  ...['rake', 'rspec', 'bash', 'sh', 'cd', 'test', '[', 'grep', 'ls', 'git', 'docker', 'curl'],
]);

/** Words and marks that sentences about commands have and commands do not. */
const prose =
  /[.,:;]$|, |[—–]|(?:^|\s)(?:passes|pass|passing|succeeds?|shows?|returns?|completes?|without|should|equals|exits|works|confirms?|contains?|outputs?|prints?|displays?|has|is|are|and|or|must|still|compiles|reports?|no|with|use|to|for|of|the|all|both|then|greater|less|than|exists?|found)(?:\s|$)/i;

/** Whether a line begins with a well-known program and has nothing of a sentence outside its quotes. */
function readsAsCommand(line: string): boolean {
  if (line.length > 2000 || !programs.has(line.split(/\s/, 1)[0]!) || !/\s/.test(line)) return false;
  return !prose.test(line.replace(/"[^"]*"|'[^']*'/g, 'quoted'));
}

function isFence(line: string): boolean {
  return /^\s*(?:```|~~~)/.test(line);
}

/** Lines without their common indentation; the first one may stand beside a tag and has none to compare. */
function dedent(lines: readonly string[]): string {
  let indent = Infinity;
  for (const line of lines.slice(1)) if (line.trim() !== '') indent = Math.min(indent, indentOf(line));
  return lines
    .map((line, index) => (index === 0 ? line.trim() : line.slice(Math.min(indent, indentOf(line)))))
    .join('\n');
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
