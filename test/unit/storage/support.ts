import { strict as assert } from 'node:assert';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Code, Problem } from '../../../schemas/codes';
import { ProblemError } from '../../../server/base';

/** A fresh folder per test, removed after it. */
export function temporaryFolder(): { readonly path: string; at(...names: string[]): string } {
  let folder = '';
  beforeEach(() => void (folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'symphony-')))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  return {
    get path() {
      return folder;
    },
    at: (...names) => path.join(folder, ...names),
  };
}

/** The problem that `work` throws, which must have this code. */
export async function problemFrom(code: Code, work: () => unknown): Promise<Problem> {
  try {
    await work();
  } catch (thrown) {
    assert.ok(thrown instanceof ProblemError, String(thrown));
    assert.equal(thrown.problem.code, code, String(thrown));
    return thrown.problem;
  }
  assert.fail(`${code} was expected, and nothing was thrown`);
}
