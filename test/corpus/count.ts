import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

/**
 * Counts phases the plain way, sharing no code with the readers: which numbers do folders, headings,
 * bullets and table rows name? Returns `workstream/number` for each planning tree of a project.
 */
export function countPhases(project: string): Set<string> {
  const found = new Set<string>();
  const root = path.join(project, '.planning');
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join('/');
    const workstream = /^workstreams\/([^/]+)\//.exec(file)?.[1] ?? '';
    const inside = file.replace(/^workstreams\/[^/]+\//, '');
    const add = (number: string): void => void found.add(`${workstream}/${normal(number)}`);
    const folder =
      /^(?:(?:milestones|archive)\/[^/]+-|(?:milestones|archive)\/[^/]+\/)?phases\/([^/]+)\//.exec(
        inside,
      )?.[1];
    const flat = /^(?:milestones\/[^/]+-)?phases\/(\d+(?:\.\d+)*)-[^/]+$/.exec(inside)?.[1];
    const archived = /^(?:milestones|archive)\/[^/]+\/(\d+(?:\.\d+)*)-[^/]*\//.exec(inside)?.[1];
    if (folder !== undefined) add(/^(?:phase-?)?(\d+[A-Za-z]?(?:\.\d+)*)(?:-|$)/.exec(folder)?.[1] ?? folder);
    for (const number of [flat, archived]) if (number !== undefined) add(number);
    if (/^(?:(?:milestones|archive)\/([^/]+[-/]))?ROADMAP\.md$/.test(inside)) {
      for (const number of namedIn(readFileSync(path.join(root, file), 'utf8'))) add(number);
    }
  }
  return found;
}

function* namedIn(text: string): Generator<string> {
  const visible = text
    .replaceAll('\r', '')
    .replace(/^[ \t]*(```|~~~)[\s\S]*?^[ \t]*\1[`~]*[ \t]*$/gm, '')
    .replace(/<!--[\s\S]*?-->/g, '');
  let phaseTable = false;
  for (const line of visible.split('\n')) {
    const heading =
      /^#{1,6}\s*[^A-Za-z]*Phase\s+(\d+[A-Z]?(?:\.\d+)*)\s*(?:\(.*?\)\s*)?(?:[:—–-]|\W*$)/i.exec(line);
    const bullet =
      /^\s*(?:[-*]|\d+[.)])\s.{0,12}?Phase\s+(\d+[A-Z]?(?:\.\d+)*)\s*(?:\([^)]*\)\s*)?(?:[:—–-]|\*\*|\s*$)/i.exec(
        line,
      );
    const bold = /^\*\*Phase\s+(\d+[A-Z]?(?:\.\d+)*)\s*(?:[:—–-]|\*\*)/i.exec(line);
    const number = (heading ?? bullet ?? bold)?.[1];
    if (
      number !== undefined &&
      /^[^\p{L}]*phase/iu.test(line.replace(/^\s*(?:[-*]|\d+[.)])\s+(?:\[[xX]\])?/, ''))
    )
      yield number;
    if (!/^\s*\|/.test(line)) phaseTable = false;
    else if (
      /^\s*\|\s*\**(?:#|no\.?|phases?[^|]*?)\**\s*\|/i.test(line) &&
      !/^\s*\|\s*\**phase\s+\d|\|\s*tasks?\b/i.test(line)
    )
      phaseTable = true;
    else if (phaseTable) {
      const row =
        /^\s*\|[^\p{L}\p{N}|]*(?:Phase\s+)?(\d+[A-Z]?(?:\.\d+)*)(?:[.:]?\s[^|]*|[^\p{L}\p{N}|]*)\|/iu.exec(
          line,
        );
      if (row && !/^\s*\|\W*\d+\s*[-–—]\s*\d/.test(line)) yield row[1]!;
    }
  }
}

function normal(number: string): string {
  return /^\d/.test(number)
    ? number.toUpperCase().replace(/\d+/g, (digits) => String(Number(digits)))
    : number;
}
