import { sha256 } from '../../base/node';
import { isVersion, type OnDisk } from '../decide';

/** Names what is at a path so exactly that two stamps are equal only where nothing of it changed. */
export function stampOf(there: OnDisk, modes: boolean): string {
  if (isVersion(there)) {
    const mode = modes && there.kind === 'file' && there.executable ? 'x' : '-';
    return `${there.kind} ${mode} ${sha256(there.bytes)}`;
  }
  // Nothing is at a path below a file or an empty folder either.
  if (there.kind === 'behindFile' || (there.kind === 'folder' && there.empty)) return 'absent';
  return there.kind;
}
