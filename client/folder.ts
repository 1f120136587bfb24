/** Why nothing can be asked of a sidecar; each has a welcome view that says so. */
export type Blocked = 'noFolder' | 'restricted' | 'virtual' | 'notGit';

interface Folder {
  readonly uri: { readonly scheme: string };
}

/**
 * The folder Symphony works in: the first one in a git repository. A window that is not trusted is not even
 * looked at, since looking for git is the first step of running it.
 */
export async function chooseFolder<F extends Folder>(
  folders: readonly F[],
  trusted: boolean,
  inGit: (folder: F) => Promise<boolean>,
): Promise<{ folder: F | undefined; blocked: Blocked | undefined; others: number }> {
  const onDisk = folders.filter(({ uri }) => uri.scheme === 'file');
  const first = onDisk[0];
  const others = Math.max(0, onDisk.length - 1);
  if (folders.length === 0) return { folder: undefined, blocked: 'noFolder', others };
  if (!first) return { folder: undefined, blocked: 'virtual', others };
  if (!trusted) return { folder: first, blocked: 'restricted', others };
  for (const folder of onDisk) {
    if (await inGit(folder)) return { folder, blocked: undefined, others };
  }
  return { folder: first, blocked: 'notGit', others };
}
