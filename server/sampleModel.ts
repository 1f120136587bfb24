import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Disposable, Log } from './base';
import { startScriptedModel, type ScriptedModel } from './llm';

/** A workspace that holds this file is a copy of the bundled sample. */
const marker = '.symphony-sample';

/**
 * The scripted model of the bundled sample, started on first need. It is offered to copies of the sample
 * alone: its answers fit nothing else. For tests, `SYMPHONY_SCRIPT` names another script; it is looked at
 * only where the marker is, so that it never stands in for a real model.
 */
export function sampleModel(
  root: string,
  log: Log,
): Disposable & { open(): Promise<ScriptedModel | undefined> } {
  let started: Promise<ScriptedModel> | undefined;
  return {
    open() {
      if (!existsSync(path.join(root, marker))) return Promise.resolve(undefined);
      started ??= start(log);
      return started;
    },
    dispose() {
      void started?.then((model) => model.close());
    },
  };
}

async function start(log: Log): Promise<ScriptedModel> {
  const file = process.env['SYMPHONY_SCRIPT'] ?? path.join(__dirname, '..', 'sample', 'scripted-model.json');
  return startScriptedModel({ script: JSON.parse(await readFile(file, 'utf8')), log });
}
