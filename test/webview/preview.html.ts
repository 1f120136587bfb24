import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { themes, type ThemeName } from './themes';

const root = path.resolve(__dirname, '../..');
const origin = 'http://board.test';

export type PageName = 'board' | 'review';

export interface PreviewOptions {
  readonly theme?: ThemeName;
  /** What the fake host plays; see `fakeHost.ts`. */
  readonly scenario?: string;
  readonly width?: number;
  readonly height?: number;
  readonly rtl?: boolean;
  readonly reducedMotion?: boolean;
}

/** The files of a page, built once per process the way the product builds them. */
export interface BuiltPage {
  readonly page: PageName;
  readonly files: ReadonlyMap<string, Buffer>;
}

const hosts: Readonly<Record<PageName, string>> = {
  board: 'test/webview/fakeHost.ts',
  review: 'test/webview/fakeReviewHost.ts',
};

/** Bundles a page and its fake host in memory. */
export async function buildPage(page: PageName = 'board'): Promise<BuiltPage> {
  const shared = {
    absWorkingDir: root,
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    target: 'es2022',
    platform: 'browser',
    jsx: 'automatic',
    jsxImportSource: 'preact',
  } as const;
  const script = await build({ ...shared, entryPoints: [`webview/${page}/main.tsx`], outfile: `${page}.js` });
  const host = await build({
    ...shared,
    globalName: 'fake',
    entryPoints: [hosts[page]],
    outfile: 'host.js',
  });
  const codicons = path.join(root, 'node_modules/@vscode/codicons/dist');
  const files = new Map<string, Buffer>([
    ['/codicon.css', readFileSync(path.join(codicons, 'codicon.css'))],
    ['/codicon.ttf', readFileSync(path.join(codicons, 'codicon.ttf'))],
    ['/host.js', Buffer.from(host.outputFiles[0]!.contents)],
  ]);
  for (const file of script.outputFiles)
    files.set(`/${path.basename(file.path)}`, Buffer.from(file.contents));
  return { page, files };
}

/** The page as the editor client writes it: strict policy, nonce, style links; plus theme and fake host. */
export function previewHtml(
  page: PageName,
  { theme = 'dark', scenario = 'sample', rtl = false }: PreviewOptions,
): string {
  const nonce = 'preview0123456789';
  const policy = [
    `default-src 'none'`,
    `script-src 'nonce-${nonce}'`,
    `style-src ${origin} 'nonce-${nonce}'`,
    `img-src ${origin} data:`,
    `font-src ${origin}`,
    `connect-src 'none'`,
    `form-action 'none'`,
    `base-uri 'none'`,
    `frame-src 'none'`,
  ].join('; ');
  const { kind, css } = themes[theme];
  return `<!DOCTYPE html>
<html lang="en"${rtl ? ' dir="rtl"' : ''}>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${page}</title>
<style nonce="${nonce}">${css}</style>
<link rel="stylesheet" href="/codicon.css">
<link rel="stylesheet" href="/${page}.css">
</head>
<body class="${kind}" data-vscode-theme-kind="${kind}">
<script nonce="${nonce}" src="/host.js"></script>
<script nonce="${nonce}">fake.startFakeHost(${JSON.stringify(scenario)})</script>
<script nonce="${nonce}" src="/${page}.js"></script>
</body>
</html>`;
}

/** A headless browser drawing in software, with a profile of its own that is gone afterwards. */
export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** Opens the page in a fresh context; nothing of it reaches a network. */
export async function open(browser: Browser, built: BuiltPage, options: PreviewOptions = {}): Promise<Page> {
  const context: BrowserContext = await browser.newContext({
    viewport: { width: options.width ?? 1280, height: options.height ?? 800 },
    reducedMotion: options.reducedMotion ? 'reduce' : 'no-preference',
  });
  const page = await context.newPage();
  const types: Record<string, string> = { css: 'text/css', js: 'text/javascript', ttf: 'font/ttf' };
  await page.route('**/*', (route) => {
    const name = new URL(route.request().url()).pathname;
    if (name === '/')
      return route.fulfill({ contentType: 'text/html', body: previewHtml(built.page, options) });
    const body = built.files.get(name);
    if (!body) return route.fulfill({ status: 404, body: '' });
    return route.fulfill({ contentType: types[name.split('.').pop()!] ?? 'text/plain', body });
  });
  await page.goto(`${origin}/`);
  return page;
}

/** Run as a program, it takes pictures of the board in every theme into the folder named on the line. */
async function takePictures(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const built = await buildPage();
  const browser = await launch();
  try {
    const shoot = async (
      name: string,
      options: PreviewOptions,
      act?: (page: Page) => Promise<void>,
    ): Promise<void> => {
      const page = await open(browser, built, options);
      page.on('pageerror', (error) => console.error(name, error.message));
      await page.waitForTimeout(900);
      await act?.(page);
      await page.screenshot({ path: path.join(folder, `board-${name}.png`) });
      await page.context().close();
    };
    const details = async (page: Page): Promise<void> => {
      await page.locator('[data-node="agent:02-01"]').click();
      await page.waitForTimeout(400);
    };
    const list = async (page: Page): Promise<void> => {
      await page.getByRole('button', { name: 'List View' }).click();
      await page.waitForTimeout(300);
    };
    for (const theme of ['dark', 'light', 'contrast'] as const) {
      await shoot(`${theme}-wide`, { theme, scenario: 'sample' });
      await shoot(`${theme}-details`, { theme, scenario: 'calm' }, details);
      await shoot(`${theme}-narrow`, { theme, scenario: 'sample', width: 400, height: 780 });
      await shoot(`${theme}-list`, { theme, scenario: 'calm' }, list);
    }
    await shoot('narrow-details', { width: 400, height: 780, scenario: 'calm' }, details);
    await shoot('narrow-list', { width: 400, height: 780, scenario: 'calm' }, list);
    await shoot('rtl', { rtl: true }, details);
    await shoot('failed', { theme: 'light', scenario: 'failed' }, async (page) => {
      await page.locator('[data-node="agent:02-02"]').click();
      await page.waitForTimeout(400);
    });
    await shoot('error', { scenario: 'error' });
    await shoot('gone', { scenario: 'gone' });
    await shoot('none', { scenario: 'noRun' });
    await shoot('loading', { scenario: 'loading' });
    await shoot('large', { scenario: 'large' }, async (page) => {
      await page
        .locator('.graph')
        .focus()
        .catch(() => undefined);
      await page.getByRole('button', { name: 'Fit to Window' }).click();
      await page.waitForTimeout(400);
    });
  } finally {
    await browser.close();
  }
}

if (process.argv[1] === __filename) void takePictures(process.argv[2] ?? '/tmp');
