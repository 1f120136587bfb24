import type { GitEvent } from './types';

/** What was seen of a repository at one look. */
export interface GitLook {
  readonly branch: string | null;
  readonly refs: ReadonlyMap<string, string>;
}

/** A line of a reflog: what a ref became, and the words git wrote beside it. */
export interface LogLine {
  readonly commit: string;
  readonly words: string;
}

/** What a look finds beside the refs. */
export interface GitNews {
  /** New lines of HEAD's log; undefined when git keeps none. */
  readonly head: readonly LogLine[] | undefined;
  /** The last words about each remote branch that moved; undefined when git keeps none. */
  readonly remote: ReadonlyMap<string, string | undefined>;
  /** Whether a commit has more than one parent, asked only where there is no log. */
  readonly isMerge: boolean;
  /** Whether HEAD's branch only went back to an older commit, asked only where there is no log. */
  readonly wentBack: boolean;
}

/** Reads reflog lines: `old new name <mail> time zone\twords`. */
export function parseLog(text: string): LogLine[] {
  return text.split('\n').flatMap((line) => {
    const match = /^[0-9a-f]{40,64} ([0-9a-f]{40,64}) [^\t]*(?:\t(.*))?$/.exec(line);
    return match === null ? [] : [{ commit: match[1]!, words: match[2] ?? '' }];
  });
}

/**
 * What happened between two looks. Git's own log of HEAD tells commits, merges and checkouts apart, and
 * each of them when several happened; without one the refs must do. Rebases, resets and fetches are none
 * of these. A merge that a commit concluded is a merge alone.
 */
export function gitEvents(before: GitLook, after: GitLook, news: GitNews): GitEvent[] {
  const head =
    news.head === undefined ? guessed(before, after, news) : logged(before.branch, after, news.head);
  const events = [...head];
  for (const [ref, commit] of after.refs) {
    if (before.refs.get(ref) === commit) continue;
    if (ref.startsWith('refs/tags/')) events.push({ event: 'tag', branch: after.branch, commit, ref });
    if (!ref.startsWith('refs/remotes/') || ref.endsWith('/HEAD')) continue;
    const words = news.remote.get(ref);
    const branch = ref.split('/').slice(3).join('/');
    // A fetch brings what was not here; what a push sent was the branch's own already.
    const isPush =
      words === undefined
        ? after.refs.get(`refs/heads/${branch}`) === commit
        : words.startsWith('update by push');
    if (isPush) events.push({ event: 'push', branch, commit, ref });
  }
  return events;
}

function logged(branch: string | null, after: GitLook, lines: readonly LogLine[]): GitEvent[] {
  let on = branch;
  const events: GitEvent[] = [];
  const add = (event: GitEvent['event'], commit: string) =>
    events.push({ event, branch: on, commit, ref: on === null ? 'HEAD' : `refs/heads/${on}` });
  for (const { commit, words } of lines) {
    const to = /^checkout: moving from \S+ to (\S+)$/.exec(words)?.[1];
    if (to !== undefined) {
      const isBranch = after.refs.has(`refs/heads/${to}`) || after.branch === to;
      const from = on;
      on = isBranch ? to : null;
      if (on !== from || on === null) add('checkout', commit);
    } else if (/^(?:commit \(merge\)|merge |pull\b.*: (?:Fast-forward$|Merge made ))/.test(words))
      add('merge', commit);
    else if (/^(?:commit|cherry-pick|revert|am)\b/.test(words)) add('commit', commit);
  }
  return events;
}

function guessed(before: GitLook, after: GitLook, news: GitNews): GitEvent[] {
  const { branch } = after;
  if (branch !== before.branch) {
    const ref = branch === null ? 'HEAD' : `refs/heads/${branch}`;
    return [{ event: 'checkout', branch, commit: after.refs.get(ref) ?? null, ref }];
  }
  if (branch === null) return [];
  const ref = `refs/heads/${branch}`;
  const commit = after.refs.get(ref);
  if (commit === undefined || commit === before.refs.get(ref) || news.wentBack) return [];
  return [{ event: news.isMerge ? 'merge' : 'commit', branch, commit, ref }];
}
