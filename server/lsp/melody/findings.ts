import { codes, fillText } from '../../../schemas';
import { melodyVersion } from '../../../schemas/melody';
import { editText, type Edit, type Finding, type Path } from '../../melody';
import { lspTexts } from '../texts';
import type { MelodySource } from './source';

/** One replacement in the text of a Melody. */
export interface TextSplice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}
export interface MelodyFound {
  readonly finding: Finding;
  readonly start: number;
  readonly end: number;
  readonly fix: { readonly title: string; readonly splice: () => TextSplice } | undefined;
}

/** All findings of a Melody with the whole value or key they are about, and what would set them right. */
export function melodyFindings(source: MelodySource): MelodyFound[] {
  return source.read.findings.map((finding) => {
    const { line, column } = finding.place;
    const start = line === 0 ? 0 : source.doc.startOfLine(line) + column - 1;
    return { finding, start, end: endOf(source, start), fix: fixOf(source, finding, start) };
  });
}

/** The sentence of a finding without the place, which an editor shows by itself. */
export function melodyMessage({ problem }: Finding): string {
  return fillText(codes[problem.code].message.replace(/^\{place\}: /, ''), problem.args);
}

/** The end of the string or number that begins at a place; of an object its bracket alone is marked. */
function endOf({ text, doc }: MelodySource, start: number): number {
  const first = text[start];
  if (first === '{' || first === '[') return start + 1;
  const lineEnd = doc.lineSpan(doc.positionAt(start).line + 1).end;
  const rest = text.slice(start, Math.min(Math.max(lineEnd, start), start + 2000));
  const token = /^"(?:[^"\\]|\\.)*"?|^[^\s,\]}]+/.exec(rest)?.[0];
  return start + Math.max(1, token?.length ?? 1);
}

function fixOf(source: MelodySource, { problem, place }: Finding, start: number): MelodyFound['fix'] {
  const { text, path: file } = source;
  const { code, args } = problem;
  if (code === 'melody.fieldUnknown' && source.read.version === melodyVersion) {
    const key = String(args['field']);
    const at = source.at(start + 1);
    const path = at?.node.parent?.type === 'property' ? at.path : undefined;
    if (path === undefined || path.at(-1) !== key) return undefined;
    const title = fillText(lspTexts.fixRemoveKey, { key });
    return { title, splice: () => changeOf(text, { path, value: undefined }, file) };
  }
  if (code === 'melody.versionUnknown' && args['found'] === 'nothing' && place.path === 'version') {
    const title = fillText(lspTexts.fixVersion, { value: melodyVersion });
    const path: Path = ['version'];
    return { title, splice: () => changeOf(text, { path, value: melodyVersion }, file) };
  }
  return undefined;
}

/** The one replacement that leads from a text to the text after a proved edit. */
function changeOf(text: string, edit: Edit, file: string): TextSplice {
  const next = editText(text, [edit], file);
  let start = 0;
  while (start < text.length && text[start] === next[start]) start++;
  let [end, nextEnd] = [text.length, next.length];
  while (end > start && nextEnd > start && text[end - 1] === next[nextEnd - 1]) {
    end--;
    nextEnd--;
  }
  return { start, end, text: next.slice(start, nextEnd) };
}
