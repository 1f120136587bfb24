import { strict as assert } from 'node:assert';
import { statSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { commandIds, innerCommandIds } from '../../../client/features/commandIds';
import { extension, inspect } from './inspect';

/** Bytes activation may load, and the time it may take; the whole suite runs beside other work, hence the slack. */
const mostBytes = 150_000;
const mostMilliseconds = 50;

describe('activation', () => {
  it('loads one small bundle and nothing of the protocol', async () => {
    await inspect();
    const dist = path.join(extension().extensionPath, 'dist') + path.sep;
    const loaded = Object.keys(require.cache).filter((file) => file.startsWith(dist));
    assert.deepEqual(
      loaded.map((file) => path.basename(file)),
      ['extension.cjs'],
    );
    const bytes = loaded.reduce((sum, file) => sum + statSync(file).size, 0);
    assert.ok(bytes <= mostBytes, `${bytes} bytes`);
  });

  it('is quick', async () => {
    const { milliseconds } = await inspect();
    assert.ok(milliseconds <= mostMilliseconds, `${milliseconds} ms`);
  });

  it('starts no sidecar by itself', async () => {
    const { ctx } = await inspect();
    assert.equal(ctx.session, undefined);
  });

  it('registers every command', async () => {
    await inspect();
    const known = new Set(await vscode.commands.getCommands(true));
    assert.deepEqual(
      [...commandIds, ...innerCommandIds].filter((id) => !known.has(id)),
      [],
    );
  });

  it('finds the folder in its git repository', async () => {
    const { ctx } = await inspect();
    assert.equal(await ctx.look(), undefined);
    assert.equal(ctx.folder?.uri.toString(), vscode.workspace.workspaceFolders?.[0]?.uri.toString());
    const file = ctx.uri('.planning/ROADMAP.md');
    assert.equal(ctx.relative(file), '.planning/ROADMAP.md');
    assert.equal(ctx.relative(vscode.Uri.file('/elsewhere/x')), undefined);
  });
});
