import { strict as assert } from 'node:assert';
import { globSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import ts from 'typescript';

interface Room {
  readonly may: readonly string[];
  readonly promise: string;
}

const root = path.resolve(__dirname, '../..');
const rooms = JSON.parse(readFileSync(path.join(root, 'rooms.json'), 'utf8')) as Record<string, Room>;
const builtins = new Set(builtinModules);

/** The innermost room a file lies in; a file can be a room of its own. */
export function roomOf(file: string): string | undefined {
  return Object.keys(rooms)
    .filter((room) => file === room || file.startsWith(`${room}/`))
    .sort((a, b) => b.length - a.length)[0];
}

function packageName(specifier: string): string {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]!;
}

/** Every import of a source text: what it names and whether it is for types alone. */
function importsOf(file: string, text: string): { specifier: string; typeOnly: boolean }[] {
  const found: { specifier: string; typeOnly: boolean }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      found.push({ specifier: node.moduleSpecifier.text, typeOnly: node.importClause?.isTypeOnly ?? false });
    } else if (
      ts.isExportDeclaration(node) &&
      node.moduleSpecifier &&
      ts.isStringLiteral(node.moduleSpecifier)
    ) {
      found.push({ specifier: node.moduleSpecifier.text, typeOnly: node.isTypeOnly });
    } else if (
      ts.isImportTypeNode(node) &&
      ts.isLiteralTypeNode(node.argument) &&
      ts.isStringLiteral(node.argument.literal)
    ) {
      found.push({ specifier: node.argument.literal.text, typeOnly: true });
    } else if (
      ts.isCallExpression(node) &&
      (node.expression.kind === ts.SyntaxKind.ImportKeyword ||
        (ts.isIdentifier(node.expression) && node.expression.text === 'require')) &&
      node.arguments[0] &&
      ts.isStringLiteral(node.arguments[0])
    ) {
      found.push({ specifier: node.arguments[0].text, typeOnly: false });
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  return found;
}

/** What is wrong with the imports of one file, as sentences. */
function violations(file: string, text: string): string[] {
  const room = roomOf(file);
  if (room === undefined) return [`${file}: lies in no room of rooms.json`];
  const { may } = rooms[room]!;
  if (may.includes('*')) return [];
  return importsOf(file, text).flatMap(({ specifier, typeOnly }) => {
    const target = specifier.startsWith('.')
      ? (roomOf(path.posix.join(path.posix.dirname(file), specifier) + '/') ?? specifier)
      : specifier.startsWith('node:') || builtins.has(specifier)
        ? 'node'
        : packageName(specifier);
    const allowed = target === room || may.includes(target) || (typeOnly && may.includes(`${target}:types`));
    return allowed ? [] : [`${file}: imports ${specifier} (${target}); ${room} may import ${may.join(', ')}`];
  });
}

describe('rooms', () => {
  it('import only what rooms.json grants them', () => {
    const files = globSync('{schemas,server,simulation,client,webview}/**/*.{ts,tsx}', { cwd: root });
    assert.ok(files.length > 20, 'the glob finds the sources');
    const wrong = files.flatMap((file) => violations(file, readFileSync(path.join(root, file), 'utf8')));
    assert.deepEqual(wrong, []);
  });

  it('notices a forbidden import', () => {
    assert.equal(violations('server/engine/x.ts', `import { readFileSync } from 'node:fs';`).length, 1);
    assert.equal(violations('webview/x.ts', `import { z } from '../schemas/wire';`).length, 1);
    assert.equal(violations('webview/x.ts', `import type { BoardView } from '../schemas/wire';`).length, 0);
    assert.equal(violations('client/x.ts', `const later = () => import('../server/engine');`).length, 1);
  });

  it('each say what they promise', () => {
    const silent = Object.entries(rooms).filter(([, room]) => room.promise.length < 10);
    assert.deepEqual(silent, []);
  });
});
