import path from 'node:path';

/** Names of variables a command may find in its environment, besides those git is steered with. */
export const allowedVariables = ['PATH', 'HOME', 'LANG', 'TERM', 'CI', 'TMPDIR'];

/**
 * The whole environment of a command: an allow-list, nothing inherited. Git gets settings that keep it
 * from running programs named by a repository, from asking and from taking locks.
 */
export function commandEnvironment(home: string, searchPath: string): Record<string, string> {
  return {
    PATH: searchPath,
    HOME: home,
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    CI: '1',
    TMPDIR: '/tmp',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_PAGER: 'cat',
    GIT_CONFIG_COUNT: '2',
    GIT_CONFIG_KEY_0: 'core.fsmonitor',
    GIT_CONFIG_VALUE_0: 'false',
    GIT_CONFIG_KEY_1: 'core.hooksPath',
    GIT_CONFIG_VALUE_1: '/dev/null',
  };
}

/** The folder below `worktree` a command starts in; `cwd` was judged by the caller and is judged again. */
export function folderBelow(worktree: string, cwd: string): string {
  const folder = path.resolve(worktree, cwd);
  if (folder !== worktree && !folder.startsWith(worktree + path.sep))
    throw new Error(`the folder ${JSON.stringify(cwd)} is outside the worktree`);
  return folder;
}
