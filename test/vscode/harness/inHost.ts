import { openBrowser, pageAddress } from './browser';
import { startServer, type ServerOptions } from './server';

export interface InHostOptions extends ServerOptions {
  /** The folder to open; none opens an empty window. */
  readonly folder?: string;
  readonly extensionDevelopmentPath: string;
  /** A CommonJS file without `.js` that exports `run(): Promise<void>`. */
  readonly extensionTestsPath: string;
  readonly timeoutMs?: number;
  /** Gets what the tests print, line by line as it comes. */
  readonly onLog?: (line: string) => void;
}

export interface InHostResult {
  /** 0 when `run()` resolved. */
  readonly code: number;
  readonly log: readonly string[];
}

/** Runs a test program inside a real extension host and brings back its exit code and what it printed. */
export async function runInHost(options: InHostOptions): Promise<InHostResult> {
  const server = await startServer(options);
  try {
    const browser = await openBrowser();
    try {
      const page = await browser.newPage();
      const log: string[] = [];
      const print = (line: string) => {
        log.push(line);
        options.onLog?.(line);
      };
      const ended = new Promise<number>((resolve, reject) => {
        const timer = setTimeout(
          () =>
            reject(
              new Error(`The tests in the extension host did not end in time.\n${log.slice(-50).join('\n')}`),
            ),
          options.timeoutMs ?? 300_000,
        );
        void page.exposeFunction('codeAutomationExit', (code: number) => {
          clearTimeout(timer);
          resolve(code);
        });
      });
      await page.exposeFunction('codeAutomationLog', (type: string, args: unknown[]) => {
        print(args.map((arg) => (typeof arg === 'string' ? arg : JSON.stringify(arg))).join(' '));
      });
      await page.goto(pageAddress({ ...options, port: server.port }));
      return { code: await ended, log };
    } finally {
      await browser.close();
    }
  } finally {
    await server.stop();
  }
}
