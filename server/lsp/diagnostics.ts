import type { CodeAction, Diagnostic, Range, TextEdit } from 'vscode-languageserver';
import { codes, fillText, type Problem } from '../../schemas';
import { ProblemError } from '../base';
import { melodyFindings, melodyMessage } from './melody/findings';
import type { MelodySource } from './melody/source';
import { findingsOf, type Fix } from './planning/findings';
import type { Source } from './planning/source';
import type { ProjectView } from './planning/view';

/** Numbers of the protocol. */
const severities = { error: 1, warning: 2, info: 3 } as const;

/** A diagnostic of the table of codes, with its range, its code and where the code is explained. */
function diagnostic(range: Range, { code }: Problem, message: string, docs: string | undefined): Diagnostic {
  return {
    range,
    severity: severities[codes[code].severity],
    code,
    ...(docs === undefined ? {} : { codeDescription: { href: `${docs}#${code}` } }),
    source: 'symphony',
    message: `${message}\n${codes[code].fix}`.replace(/[\ud800-\udfff]/gu, '\ufffd').trim(),
  };
}

/** Everything wrong with a planning file. `docs` is the page that explains codes. */
export function planningDiagnostics(view: ProjectView, source: Source, docs?: string): Diagnostic[] {
  return findingsOf(view, source).map(({ problem, start, end }) => {
    // The editor shows the place already.
    const text = codes[problem.code].message.replace(/^\{file\} line \{line\}: /, '');
    return diagnostic(source.doc.range(start, end), problem, fillText(text, problem.args), docs);
  });
}

/** Everything wrong with a Melody. */
export function melodyDiagnostics(source: MelodySource, docs?: string): Diagnostic[] {
  return melodyFindings(source).map(({ finding, start, end }) =>
    diagnostic(
      source.doc.range(start, end),
      finding.problem,
      fillText(melodyMessage(finding), finding.problem.args),
      docs,
    ),
  );
}

/** Quick fixes of a planning file in a range: minimal edits that were proved. */
export function planningActions(
  view: ProjectView,
  source: Source,
  range: Range,
  docs?: string,
): CodeAction[] {
  const found = findingsOf(view, source);
  const shown = planningDiagnostics(view, source, docs);
  return found.flatMap(({ fixes, start, end }, index) =>
    fixes.flatMap((fix) => {
      if (!touches(source, range, start, end)) return [];
      const changes = proven(view, fix);
      return changes ? [action(fix.title, shown[index]!, changes)] : [];
    }),
  );
}

/** Quick fixes of a Melody in a range. */
export function melodyActions(source: MelodySource, range: Range, docs?: string): CodeAction[] {
  const shown = melodyDiagnostics(source, docs);
  return melodyFindings(source).flatMap(({ fix, start, end }, index) => {
    if (!fix || !touches(source, range, start, end)) return [];
    const splice = unlessRefused(fix.splice);
    if (!splice) return [];
    const edit = { range: source.doc.range(splice.start, splice.end), newText: splice.text };
    return [action(fix.title, shown[index]!, { [source.doc.uri]: [edit] })];
  });
}

function proven(view: ProjectView, fix: Fix): Record<string, TextEdit[]> | undefined {
  const edits = unlessRefused(fix.edits);
  if (!edits) return undefined;
  const changes: Record<string, TextEdit[]> = {};
  for (const { path, splices } of edits) {
    const source = view.sources.get(path);
    if (!source) return undefined;
    changes[source.doc.uri] = splices.map(({ start, end, text }) => ({
      range: source.doc.range(start, end),
      newText: text,
    }));
  }
  return Object.values(changes).some((list) => list.length > 0) ? changes : undefined;
}

/** What cannot be proved is not offered. */
function unlessRefused<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (thrown) {
    if (thrown instanceof ProblemError) return undefined;
    throw thrown;
  }
}

const action = (title: string, shown: Diagnostic, changes: Record<string, TextEdit[]>): CodeAction => ({
  title,
  kind: 'quickfix',
  diagnostics: [shown],
  isPreferred: true,
  edit: { changes },
});

function touches({ doc }: Pick<Source, 'doc'>, range: Range, start: number, end: number): boolean {
  return doc.offsetAt(range.start) <= end && start <= doc.offsetAt(range.end);
}
