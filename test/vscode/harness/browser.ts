import { chromium, type Browser } from 'playwright-core';
import { findChromium } from '../../../scripts/setup.mjs';

/** Starts the Chromium of this machine without a window; close it when done. */
export function openBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('Chromium is not installed; `npm test` installs it.');
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
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

export interface PageAddress {
  readonly port: number;
  readonly folder?: string;
  /** The extension's folder, loaded as it lies there. */
  readonly extensionDevelopmentPath?: string;
  /** A file (without `.js`) that exports `run()`. */
  readonly extensionTestsPath?: string;
}

/** The address of a workbench, with what the smoke test driver is to load. */
export function pageAddress(at: PageAddress): string {
  const remote = (file: string) => `vscode-remote://127.0.0.1:${at.port}${file}`;
  const payload = [
    ...(at.extensionDevelopmentPath
      ? [['extensionDevelopmentPath', remote(at.extensionDevelopmentPath)]]
      : []),
    ...(at.extensionTestsPath ? [['extensionTestsPath', remote(at.extensionTestsPath)]] : []),
    ['skipWelcome', 'true'],
  ];
  const query = new URLSearchParams({ payload: JSON.stringify(payload) });
  if (at.folder) query.set('folder', at.folder);
  else query.set('ew', 'true');
  return `http://127.0.0.1:${at.port}/?${query.toString()}`;
}
