import * as vscode from 'vscode';
import type { Ctx } from '../ctx';
import { problemOf } from '../problems';
import { problemFix, problemSeverity, problemText } from '../texts';
import { visible } from '../visible';
import type { Result } from '../session/types';
import type { TextDocuments } from './textDocuments';

/** *Doctor*: what works, what does not, and what to do, as a document. A sidecar that does not start is a finding. */
export async function doctor(ctx: Ctx, documents: TextDocuments): Promise<void> {
  const options = {
    location: vscode.ProgressLocation.Window,
    title: vscode.l10n.t('Checking the installation…'),
  };
  const report = await vscode.window.withProgress(options, () => reportOf(ctx));
  await documents.showPage(vscode.l10n.t('Symphony Doctor'), report);
}

async function reportOf(ctx: Ctx): Promise<string> {
  const { packageJSON } = ctx.extension.extension as vscode.Extension<unknown> & {
    packageJSON: { version: string };
  };
  const lines = [
    `# ${vscode.l10n.t('Symphony Doctor')}`,
    '',
    `- Symphony ${packageJSON.version}, ${vscode.env.appName} ${vscode.version}, ${process.platform} ${process.arch}`,
  ];
  try {
    const { findings } = await ctx.call('doctorCheck', {});
    lines.push('', ...findings.map(findingText));
    const status = await ctx.call('sidecarStatus', {});
    lines.push('', ...statusText(status));
  } catch (thrown) {
    const found = problemOf(thrown);
    lines.push('', `- ✗ ${safe(problemText(found))}`, `  ${safe(problemFix(found))}`);
  }
  lines.push(
    '',
    vscode.l10n.t('“Symphony: Export Report” writes a report for support, without secrets or contents.'),
    '',
  );
  return lines.join('\n');
}

function findingText(finding: Result<'doctorCheck'>['findings'][number]): string {
  const words = {
    info: `✓ ${vscode.l10n.t('good')}`,
    warning: `⚠ ${vscode.l10n.t('warning')}`,
    error: `✗ ${vscode.l10n.t('bad')}`,
  };
  const text = `- ${words[problemSeverity(finding)]} — ${safe(problemText(finding))}`;
  const fix = problemFix(finding);
  return fix === '' ? text : `${text}\n  ${safe(fix)}`;
}

function statusText(status: Result<'sidecarStatus'>): string[] {
  const facts = {
    pid: status.pid,
    clients: status.clients,
    runs: status.activeRuns,
    megabytes: Math.round(status.rssBytes / 1e6),
  };
  return [
    `- ${vscode.l10n.t('Sidecar: process {pid}, clients: {clients}, active runs: {runs}, memory: {megabytes} MB', facts)}`,
    `- ${vscode.l10n.t('Data folder: {path}', { path: safe(status.dataFolder) })}`,
  ];
}

/** Text of others inside markdown: nothing hidden, no links, no markup. */
const safe = (text: string): string => visible(text, true).replace(/[\\`*_[\]<>#|]/g, '\\$&');

/** Writes the report for support and offers to open its folder. */
export async function exportReport(ctx: Ctx): Promise<void> {
  const { path } = await ctx.call('doctorExport', {});
  const reveal = vscode.l10n.t('Copy Path');
  const message = vscode.l10n.t('The report was written to {path}.', { path });
  if ((await vscode.window.showInformationMessage(message, reveal)) === reveal)
    await vscode.env.clipboard.writeText(path);
}
