import { systemClock } from '../base/node';
import type { Job } from './job';

/** Serves one editor over standard input and output until it goes; nothing else may be printed there. */
export async function serveLanguage({ host }: Job): Promise<number> {
  const [{ runLanguageServer }, { planningFiles }] = await Promise.all([
    import('../lsp'),
    import('../planningTool'),
  ]);
  const { stdin: input, stdout: output } = process;
  try {
    return await runLanguageServer({
      input,
      output,
      clock: systemClock,
      version: host.build.version,
      filesOf: planningFiles,
      trouble: (text) => host.terminal.error(`${text}\n`),
    });
  } finally {
    // What an editor still sends after “exit” would keep the process.
    input.destroy();
  }
}
