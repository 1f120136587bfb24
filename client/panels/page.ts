/** What a page is made of: its script and style sheets as addresses of the webview. */
export interface PageParts {
  readonly title: string;
  readonly language: string;
  /** Whence the webview may load styles, fonts and images. */
  readonly source: string;
  /** New for every page; only scripts that carry it run. */
  readonly nonce: string;
  readonly script: string;
  readonly styles: readonly string[];
}

/**
 * The page of a webview. Its policy lets nothing in but our own bundle: no inline script, no connection, no
 * frame, and no image from the network, which would be a way out for what agents read.
 */
export function pageHtml({ title, language, source, nonce, script, styles }: PageParts): string {
  const policy = [
    `default-src 'none'`,
    `script-src 'nonce-${nonce}'`,
    `style-src ${source} 'nonce-${nonce}'`,
    `img-src ${source} data:`,
    `font-src ${source}`,
    `connect-src 'none'`,
    `form-action 'none'`,
    `base-uri 'none'`,
    `frame-src 'none'`,
  ].join('; ');
  const links = styles.map((href) => `<link rel="stylesheet" href="${escape(href)}">`).join('\n  ');
  return `<!DOCTYPE html>
<html lang="${escape(language)}">
<head>
  <meta charset="utf-8">
  <meta http-equiv="Content-Security-Policy" content="${policy}">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${escape(title)}</title>
  ${links}
</head>
<body>
  <div id="root"></div>
  <script nonce="${nonce}" src="${escape(script)}"></script>
</body>
</html>
`;
}

const escape = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
