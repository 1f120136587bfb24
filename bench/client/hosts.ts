import { rmSync } from 'node:fs';
import path from 'node:path';
import { makeFixtureRepository } from '../../test/fixtures/make';
import { openBrowser, pageAddress } from '../../test/vscode/harness/browser';
import { repository, startServer } from '../../test/vscode/harness';

export interface HostSamples {
  /** Milliseconds of `activate()` itself, as the extension measured them. */
  readonly activateMs: readonly number[];
  /** Milliseconds from asking the editor for activation until it was done: loading, `activate()`, and its bookkeeping. */
  readonly askedMs: readonly number[];
  /** Bytes of our files that activation loaded. */
  readonly loadedBytes: readonly number[];
  /** Bytes by which the host's resident memory grew by activating and attaching. */
  readonly rssAdded: readonly number[];
}

/** Activates the extension in `count` fresh extension hosts, one after the other, and measures inside each. */
export async function measureInHosts(count: number): Promise<HostSamples> {
  const folder = makeFixtureRepository('shop');
  // Without a plan the editor does not activate the extension by itself before the probe asks.
  rmSync(path.join(folder, '.planning'), { recursive: true });
  const server = await startServer();
  const browser = await openBrowser();
  const samples = {
    activateMs: [] as number[],
    askedMs: [] as number[],
    loadedBytes: [] as number[],
    rssAdded: [] as number[],
  };
  try {
    for (let run = 0; run < count; run++) {
      const context = await browser.newContext();
      const page = await context.newPage();
      const ended = new Promise<number>((resolve) => {
        void page.exposeFunction('codeAutomationExit', resolve);
      });
      const lines: string[] = [];
      await page.exposeFunction('codeAutomationLog', (_type: string, args: unknown[]) => {
        lines.push(args.map(String).join(' '));
      });
      const extensionTestsPath = path.join(repository, 'bench/client/probe.cjs');
      await page.goto(
        pageAddress({ port: server.port, folder, extensionDevelopmentPath: repository, extensionTestsPath }),
      );
      if ((await ended) !== 0) throw new Error(`The probe failed:\n${lines.slice(-20).join('\n')}`);
      const line = lines.find((text) => text.startsWith('probe '))!;
      const { ms, allMs, bytes, rss } = JSON.parse(line.slice(6)) as Record<string, number>;
      samples.activateMs.push(ms!);
      samples.askedMs.push(allMs!);
      samples.loadedBytes.push(bytes!);
      samples.rssAdded.push(rss!);
      await context.close();
    }
    return samples;
  } finally {
    await browser.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
