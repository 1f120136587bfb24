import * as vscode from 'vscode';
import type { LineSpan, ReviewUnit } from '../../schemas/wire';
import type { Ctx } from '../ctx';
import { visible } from '../visible';
import { align, find } from './align';
import type { Comments } from './comments';
import { expected, sha256Of, sidesOf } from './contents';
import { contentUri, type ReviewFiles } from './files';
import { inTime } from './inTime';
import { editorLines, linesOf } from './lines';
import type { ReviewState, ReviewedFile } from './state';

/** What was kept and is no longer there word for word after a save. */
export interface Delta {
  readonly unit: ReviewUnit;
  readonly kept: string;
  readonly saved: string;
}

/**
 * After a save, by whomever, compares what was kept with what the file holds. A formatter that runs on saving changes
 * what a person agreed to, and the agent goes on with what it wrote: both are told.
 */
export class Saves {
  private readonly told = new Set<string>();

  constructor(
    private readonly ctx: Ctx,
    private readonly files: ReviewFiles,
    private readonly state: ReviewState,
    private readonly comments: Comments,
  ) {
    ctx.add(
      vscode.workspace.onDidSaveTextDocument((document) => {
        this.look(document).catch((thrown: unknown) => ctx.explain(thrown));
      }),
    );
  }

  /** What a save did to what was kept in a document. */
  async deltas(document: vscode.TextDocument, under: ReviewedFile): Promise<Delta[]> {
    const sides = await sidesOf(this.files, under, document.encoding);
    const { lines, spans } = expected(sides, under);
    const text = document.getText();
    const [was, now] = [editorLines(lines.join('')), editorLines(text)];
    const runs = align(was, now);
    const saved = linesOf(text);
    return under.units.filter(isKept).flatMap((unit) => {
      const span = spans.get(unit.unit);
      if (!span || span.start === span.end || find(runs, span, was.length, now.length)) return [];
      const around = between(runs, span, now.length);
      return [
        {
          unit,
          kept: lines.slice(span.start, span.end).join(''),
          saved: saved.slice(around.start, around.end).join(''),
        },
      ];
    });
  }

  private async look(document: vscode.TextDocument): Promise<void> {
    const path = this.ctx.relative(document.uri);
    if (path === undefined) return;
    for (const under of this.state.filesAt(path, undefined, this.state.allWithRecent())) {
      if (!under.units.some(isKept)) continue;
      const deltas = await this.deltas(document, under);
      const key = `${under.changeset.changeset}|${path}|${sha256Of(Buffer.from(JSON.stringify(deltas)))}`;
      if (deltas.length === 0 || this.told.has(key)) continue;
      this.told.add(key);
      await this.tell(document, under, deltas);
    }
  }

  private async tell(
    document: vscode.TextDocument,
    { changeset, file }: ReviewedFile,
    deltas: readonly Delta[],
  ): Promise<void> {
    const show = vscode.l10n.t('Show');
    const tell = vscode.l10n.t('Tell the Agent');
    const facts = { path: visible(file.path, true), count: deltas.length };
    const message =
      deltas.length === 1
        ? vscode.l10n.t('{path} was saved with a change to what you kept.', facts)
        : vscode.l10n.t('{path} was saved with changes to {count} hunks you kept.', facts);
    const chosen = await vscode.window.showInformationMessage(message, show, tell);
    if (chosen === show) {
      const left = contentUri('proposal', file.path, file.proposal, changeset.changeset);
      const title = vscode.l10n.t('{path} (proposed ↔ saved)', facts);
      const options = { preview: true, preserveFocus: true };
      await inTime(vscode.commands.executeCommand('vscode.diff', left, document.uri, title, options));
    }
    if (chosen === tell) {
      const [first] = deltas;
      const text = deltaText(deltas);
      await this.comments.tell(changeset.changeset, file.path, first?.unit.after.start ?? 0, text);
    }
  }
}

/** What an agent is told, so that its next version is written as the project’s formatter writes. */
export const deltaText = (deltas: readonly Delta[]): string =>
  [
    vscode.l10n.t('Saving the file changed what was kept. Write it so from now on.'),
    ...deltas.map(({ kept, saved }) => `${prefixed('- ', kept)}\n${prefixed('+ ', saved)}`),
  ]
    .join('\n\n')
    .slice(0, 20_000);

const prefixed = (prefix: string, text: string): string =>
  linesOf(text)
    .map((line) => prefix + line.replace(/[\r\n]+$/, ''))
    .join('\n');

const isKept = ({ kind, state }: ReviewUnit): boolean => kind === 'lines' && state === 'kept';

/** What stands between the nearest lines above and below that were found. */
function between(
  runs: readonly { base: number; now: number; length: number }[],
  { start, end }: LineSpan,
  last: number,
): LineSpan {
  let from = 0;
  let to = last;
  for (const run of runs) {
    if (run.base < start) from = run.now + Math.min(run.length, start - run.base);
    if (run.base + run.length > end) {
      to = run.now + Math.max(0, end - run.base);
      break;
    }
  }
  return { start: from, end: Math.max(from, to) };
}
