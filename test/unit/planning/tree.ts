import type { PlanningFiles } from '../../../server/planning';

/** A planning tree in memory; keys are paths below `.planning`, values text or bytes. */
export function tree(files: Readonly<Record<string, string | Uint8Array>>): PlanningFiles {
  const all = new Map(
    Object.entries(files).map(([path, content]) => [
      `.planning/${path}`,
      typeof content === 'string' ? new TextEncoder().encode(content) : content,
    ]),
  );
  return {
    list: () => Promise.resolve([...all.keys()].sort()),
    read: (path) => Promise.resolve(all.get(path)),
  };
}

/** A plan file with this frontmatter and body. */
export function planText(frontmatter: string, body = ''): string {
  return `---\n${frontmatter.trim()}\n---\n\n${body}`;
}
