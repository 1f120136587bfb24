import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { getL10nJson, type l10nJsonFormat } from '@vscode/l10n-dev';
import { codes } from '../../schemas/codes';

export const root = path.resolve(__dirname, '../..');
export const bundleFile = path.join(root, 'l10n/bundle.l10n.json');

/** The sources of the client, by path below the project. */
export const clientFiles = (): string[] => globSync('client/**/*.ts', { cwd: root }).sort();

/**
 * What translators get: every text of the client, and every sentence of the table of codes, which the client
 * localises when the sidecar sends a code.
 */
export async function makeBundle(): Promise<string> {
  const sources = clientFiles().map((file) => ({
    extension: '.ts',
    contents: readFileSync(path.join(root, file), 'utf8'),
  }));
  const texts: l10nJsonFormat = await getL10nJson(sources);
  for (const { message, fix } of Object.values(codes)) {
    texts[message] = message;
    texts[fix] = fix;
  }
  const sorted = Object.entries(texts).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`;
}
