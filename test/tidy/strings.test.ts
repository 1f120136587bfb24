import { strict as assert } from 'node:assert';
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { bundleFile, makeBundle, root } from './l10nBundle';

/** Properties and parameters whose text a person reads. */
const shown =
  /^(title|label|ariaLabel|description|detail|tooltip|placeHolder|placeholder|prompt|message|name|text|hint|alt|validationMessage)$/;
/** JSX attributes whose text a person reads or hears. */
const shownAttribute =
  /^(title|alt|placeholder|label|aria-(label|description|valuetext|roledescription|placeholder))$/;
/** Functions whose first argument a person reads. */
const shows =
  /^(show(Information|Warning|Error)Message|setStatusBarMessage|createOutputChannel|createTreeItem|TreeItem)$/;
/** Texts a person would read that no translator ever sees, as sentences. */
function strayTexts(file: string, source: string): string[] {
  const kind = file.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true, kind);
  const found: string[] = [];
  const report = (node: ts.Node, text: string): void => {
    const { line } = tree.getLineAndCharacterOfPosition(node.getStart(tree));
    found.push(`${file}:${line + 1}: “${text.trim()}” is shown to people; take it from l10n`);
  };
  const look = (node: ts.Expression | undefined): void => {
    if (!node) return;
    if (ts.isStringLiteralLike(node)) {
      if (isProse(node.text)) report(node, node.text);
    } else if (ts.isTemplateExpression(node)) {
      const text = [node.head.text, ...node.templateSpans.map((span) => span.literal.text)].join('');
      if (isProse(text)) report(node, text);
    } else if (ts.isConditionalExpression(node)) {
      look(node.whenTrue);
      look(node.whenFalse);
    } else if (ts.isBinaryExpression(node)) {
      look(node.left);
      look(node.right);
    } else if (ts.isParenthesizedExpression(node)) look(node.expression);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAssignment(node) && shown.test(nameOf(node.name))) look(node.initializer);
    else if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken) {
      if (ts.isPropertyAccessExpression(node.left) && shown.test(node.left.name.text)) look(node.right);
    } else if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      const { expression } = node;
      const called = ts.isPropertyAccessExpression(expression)
        ? expression.name.text
        : expression.getText(tree);
      if (shows.test(called)) node.arguments?.forEach((argument) => look(argument));
    } else if (ts.isJsxText(node) && isProse(node.text)) report(node, node.text);
    else if (ts.isJsxExpression(node) && ts.isJsxElement(node.parent)) look(node.expression);
    else if (ts.isJsxAttribute(node) && shownAttribute.test(node.name.getText(tree))) {
      if (node.initializer && ts.isStringLiteral(node.initializer)) look(node.initializer);
      if (node.initializer && ts.isJsxExpression(node.initializer)) look(node.initializer.expression);
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

const nameOf = (name: ts.PropertyName): string =>
  ts.isIdentifier(name) || ts.isStringLiteral(name) ? name.text : '';

/** Two letters in a row make a word, unless they are an icon (`$(sync)`), an id, an entity or the product’s name. */
function isProse(text: string): boolean {
  const bare = text
    .replace(/\$\([\w~-]*\)?/g, '')
    .replace(/&\w+;|\bSymphony\b/g, '')
    .trim();
  return /\p{L}{2}/u.test(bare) && !/^[a-z]+[./][\w./]+$/.test(bare);
}

describe('texts people read', () => {
  it('come from l10n in the client and the webviews', () => {
    const files = globSync('{client,webview}/**/*.{ts,tsx}', { cwd: root }).filter(
      (file) => !isTableOfTexts(file) && !isData(file),
    );
    assert.ok(files.some((file) => file.startsWith('client/')));
    assert.deepEqual(
      files.flatMap((file) => strayTexts(file, readFileSync(path.join(root, file), 'utf8'))),
      [],
    );
  });

  it('are noticed where they stray', () => {
    const stray = (source: string, file = 'client/x.ts') => strayTexts(file, source).length;
    assert.equal(stray(`window.showErrorMessage('It broke');`), 1);
    assert.equal(stray('window.showErrorMessage(`It broke ${x}`);'), 1);
    assert.equal(stray(`item.tooltip = ok ? 'Fine' : vscode.l10n.t('Broken');`), 1);
    assert.equal(stray(`pick({ placeHolder: 'Which run?' });`), 1);
    assert.equal(stray(`new vscode.TreeItem('Nothing here');`), 1);
    assert.equal(stray(`item.text = '$(sync~spin) Symphony'; show({ label: vscode.l10n.t('Fine') });`), 0);
    assert.equal(stray('const x = <p>Hello there</p>;', 'webview/x.tsx'), 1);
    assert.equal(
      stray(`const x = <p aria-label="Hello there">{t('key')} · {'left over'}</p>;`, 'webview/x.tsx'),
      2,
    );
    assert.equal(stray(`const x = <p class="wide card" id="list">{t('key')} →</p>;`, 'webview/x.tsx'), 0);
  });

  it('of the manifest stand in package.nls.json, and nothing else does', () => {
    const manifest: unknown = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
    const nls = JSON.parse(readFileSync(path.join(root, 'package.nls.json'), 'utf8')) as Record<
      string,
      string
    >;
    const used = new Set<string>();
    const plain: string[] = [];
    const shownField =
      /^(displayName|description|title|name|contextualTitle|category|contents|altText|markdownDescription|patternErrorMessage|deprecationMessage|enumDescriptions)$/;
    const walk = (value: unknown, at: readonly string[]): void => {
      const key = at.at(-1) ?? '';
      if (typeof value === 'string') {
        const reference = /^%(.+)%$/.exec(value)?.[1];
        if (reference !== undefined) used.add(reference);
        else if (shownField.test(key) && at.join('.') !== 'name') plain.push(`${at.join('.')}: ${value}`);
      } else if (typeof value === 'object' && value !== null) {
        for (const [name, inner] of Object.entries(value)) walk(inner, [...at, name]);
      }
    };
    walk(manifest, []);
    assert.deepEqual(plain, []);
    assert.deepEqual([...used].sort(), Object.keys(nls).sort());
    for (const [key, text] of Object.entries(nls)) assert.ok(text.trim() !== '', key);
  });

  for (const [name, page, client] of [
    ['board', 'webview/strings.ts', 'client/panels/boardStrings.ts'],
    ['review', 'webview/review/strings.ts', 'client/panels/reviewStrings.ts'],
  ] as const)
    it(`of the ${name} page are the same on both sides`, async () => {
      const tables = (await import(path.join(root, page))) as Record<string, Record<string, string>>;
      const sent: Record<string, string> = {};
      for (const entry of clientTexts(readFileSync(path.join(root, client), 'utf8')))
        sent[entry.key] = entry.text;
      assert.deepEqual(sent, { ...tables[`${name}Strings`] });
    });

  it('are all in the bundle for translators', async () => {
    const fresh = await makeBundle();
    if (process.env.UPDATE_L10N) {
      mkdirSync(path.dirname(bundleFile), { recursive: true });
      writeFileSync(bundleFile, fresh);
    }
    const committed = existsSync(bundleFile) ? readFileSync(bundleFile, 'utf8') : '';
    assert.ok(committed === fresh, 'l10n/bundle.l10n.json is stale; run this test with UPDATE_L10N=1');
  });
});

/** Defaults of the page and its key table are texts themselves; they are compared with the client’s instead. */
const isTableOfTexts = (file: string): boolean =>
  ['webview/strings.ts', 'webview/review/strings.ts'].includes(file);
/** Declarations for the compiler have no texts. */
const isData = (file: string): boolean => file.endsWith('.d.ts');

/** `'key': vscode.l10n.t('text')` entries of a source. */
function clientTexts(source: string): { key: string; text: string }[] {
  const found: { key: string; text: string }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAssignment(node) && ts.isCallExpression(node.initializer)) {
      const [text] = node.initializer.arguments;
      if (text && ts.isStringLiteralLike(text)) found.push({ key: nameOf(node.name), text: text.text });
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('x.ts', source, ts.ScriptTarget.Latest, true));
  return found;
}
