import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * Lets the person change a text in the editor that VISUAL or EDITOR names (its words are program and arguments; no
 * shell reads them). Undefined where it failed or the text came back as it was.
 */
export async function editText(text: string, name: string): Promise<string | undefined> {
  const words = (process.env['VISUAL'] || process.env['EDITOR'] || 'vi').split(/\s+/).filter(Boolean);
  const folder = await mkdtemp(path.join(tmpdir(), 'symphony-edit-'));
  try {
    // The ending of the name tells the editor the language.
    const file = path.join(folder, `hunk${path.extname(name)}`);
    await writeFile(file, text, { mode: 0o600 });
    const code = await new Promise<number | null>((resolve) => {
      const child = spawn(words[0]!, [...words.slice(1), file], { stdio: 'inherit' });
      child.once('error', () => resolve(null)).once('exit', resolve);
    });
    if (code !== 0) return undefined;
    const edited = await readFile(file, 'utf8');
    return edited === text ? undefined : edited;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
