import { byteLength, decodeText, encodeText } from './bytes';
import { type Block, serialise } from './nodes';
import { parseData, parseMarkdown } from './parse';

/** The kinds of files GSD writes; `other` is markdown of any other name and `data` everything else. */
export type FileKind = (typeof fileKinds)[number];

export const fileKinds = [
  ...(['ROADMAP', 'STATE', 'REQUIREMENTS', 'PROJECT', 'PLAN', 'SUMMARY', 'CONTEXT', 'RESEARCH'] as const),
  ...(['VALIDATION', 'VERIFICATION', 'UAT', 'MILESTONES', 'AUDIT', 'DISCUSSION', 'REVIEW', 'todo'] as const),
  ...(['debug', 'thread', 'seed', 'codebase', 'continueHere', 'other', 'data'] as const),
] as const;

export interface Document {
  readonly path: string;
  readonly kind: FileKind;
  readonly blocks: readonly Block[];
}

/** Parses one file of a planning tree; never throws. */
export function parseDocument(path: string, bytes: Uint8Array): Document {
  const kind = fileKindOf(path);
  const text = decodeText(bytes);
  return { path, kind, blocks: kind === 'data' ? parseData(text) : parseMarkdown(text) };
}

/** The bytes of a document, from its nodes alone. */
export function serialiseDocument(document: Document): Uint8Array {
  return encodeText(serialise(document.blocks));
}

/** How many bytes of a document stand in which sort of node. */
export interface Understanding {
  readonly bytes: number;
  /** In nodes of a known shape, prose included. */
  readonly understood: number;
  /** Of those, in paragraphs and fences, whose inside no rule looks at. */
  readonly prose: number;
}

export function understandingOf(document: Document): Understanding {
  let bytes = 0;
  let understood = 0;
  let prose = 0;
  const visit = (block: Block): void => {
    for (const leaf of block.leaves) {
      const size = byteLength(leaf.text);
      bytes += size;
      if (block.kind === 'notUnderstood') continue;
      understood += size;
      if (block.kind === 'paragraph' || block.kind === 'fenceLine') prose += size;
    }
    for (const child of block.children) visit(child);
  };
  for (const block of document.blocks) visit(block);
  return { bytes, understood, prose };
}

/** The kind of a file, told by its path as GSD names it. */
export function fileKindOf(path: string): FileKind {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (!/\.(?:md|markdown)$/i.test(name)) return 'data';
  const folder = /(?:^|\/)(todos|debug|threads|seeds|codebase)\//.exec(path)?.[1];
  if (folder !== undefined) return folderKinds[folder]!;
  const stem = name.replace(/\.[^.]*$/, '').toUpperCase();
  if (stem === '.CONTINUE-HERE') return 'continueHere';
  return nameKinds.find(([pattern]) => pattern.test(stem))?.[1] ?? 'other';
}

const folderKinds: Readonly<Record<string, FileKind>> = {
  todos: 'todo',
  debug: 'debug',
  threads: 'thread',
  seeds: 'seed',
  codebase: 'codebase',
};

/** The first that matches counts: a name may hold several of the words. */
const nameKinds: readonly (readonly [RegExp, FileKind])[] = [
  [/(?:^|-)ROADMAP$/, 'ROADMAP'],
  [/^STATE$/, 'STATE'],
  [/(?:^|-)REQUIREMENTS$/, 'REQUIREMENTS'],
  [/^PROJECT$/, 'PROJECT'],
  [/^MILESTONES$/, 'MILESTONES'],
  [/AUDIT/, 'AUDIT'],
  [/SUMMARY/, 'SUMMARY'],
  [/REVIEWS?$/, 'REVIEW'],
  [/(?:^|-)PLAN(?:-\w+)?$/, 'PLAN'],
  [/(?:^|-)CONTEXT$/, 'CONTEXT'],
  [/(?:^|-)RESEARCH$/, 'RESEARCH'],
  [/(?:^|-)VALIDATION$/, 'VALIDATION'],
  [/(?:^|-)VERIFICATION$/, 'VERIFICATION'],
  [/(?:^|-)UAT$/, 'UAT'],
  [/DISCUSSION-LOG$/, 'DISCUSSION'],
];
