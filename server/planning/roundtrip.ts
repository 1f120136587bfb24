import {
  type FileKind,
  type Understanding,
  parseDocument,
  serialiseDocument,
  understandingOf,
} from './text/document';
import type { PlanningFiles } from './types';

export interface Roundtrip {
  /** Files whose bytes did not come back from their nodes; none, unless the text layer has a fault. */
  readonly different: readonly string[];
  readonly files: number;
  /** How much of each kind of file stands in understood nodes, in bytes. */
  readonly kinds: ReadonlyMap<FileKind, Understanding>;
}

/** Parses every file of a tree, writes it again from its nodes alone, and compares the bytes. */
export async function roundtrip(files: PlanningFiles): Promise<Roundtrip> {
  const different: string[] = [];
  const kinds = new Map<FileKind, Understanding>();
  let count = 0;
  for (const path of await files.list()) {
    const bytes = await files.read(path);
    if (!bytes) continue;
    const document = parseDocument(path, bytes);
    const written = serialiseDocument(document);
    if (written.length !== bytes.length || written.some((byte, index) => byte !== bytes[index]))
      different.push(path);
    kinds.set(document.kind, sum(kinds.get(document.kind), understandingOf(document)));
    count += 1;
  }
  return { different, files: count, kinds };
}

function sum(left: Understanding | undefined, right: Understanding): Understanding {
  if (!left) return right;
  return {
    bytes: left.bytes + right.bytes,
    understood: left.understood + right.understood,
    prose: left.prose + right.prose,
  };
}
