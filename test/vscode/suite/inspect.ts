import { strict as assert } from 'node:assert';
import * as vscode from 'vscode';
import type { Inspection } from '../../../client/extension';

export type { Inspection };

/** The extension under test. */
export function extension(): vscode.Extension<Inspection | undefined> {
  const found = vscode.extensions.getExtension<Inspection | undefined>('symphony-dev.symphony');
  assert.ok(found, 'the extension is installed');
  return found;
}

/** The living extension's insides, activated if it is not yet. */
export async function inspect(): Promise<Inspection> {
  const found = await extension().activate();
  assert.ok(found, 'the extension host runs in test mode');
  return found;
}

/** Resolves once `holds` does; fails after `milliseconds` saying what was waited for. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  milliseconds = 10_000,
): Promise<void> {
  const end = Date.now() + milliseconds;
  while (!(await holds())) {
    if (Date.now() > end) assert.fail(`${what}: not within ${milliseconds} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
