/** What a heading, summary or bullet says about a milestone. */
export interface MilestoneFact {
  /** Normal form of the version (`v1.0`) or number (`m2`). */
  readonly key: string;
  readonly name: string;
  readonly state: 'open' | 'active' | 'shipped';
  /** Phases 1–4 as `[1, 4]`, in the words of the text. */
  readonly ranges: readonly (readonly [number, number])[];
  readonly file: string;
  readonly line: number;
}

/** The milestone a text names, if it names one: `v1.2`, `Milestone 2`, `M02`. Phases are never milestones. */
export function milestoneKeyOf(text: string): string | undefined {
  const version = /(?:^|[^\p{L}\p{N}.])v(\d+(?:\.\d+){0,3})(?![\p{L}\p{N}])/iu.exec(text);
  if (version) return `v${normalVersion(version[1]!)}`;
  const numbered = /(?:^|[^\p{L}])(?:milestone\s+|M)0*(\d+)(?![\p{L}\p{N}.])/iu.exec(text);
  return numbered ? `m${numbered[1]}` : undefined;
}

/** `1`, `1.0` and `1.0.0` are one version. */
function normalVersion(version: string): string {
  const parts = version.split('.').map((part) => part.replace(/^0+(?=\d)/, ''));
  while (parts.length > 2 && parts.at(-1) === '0') parts.pop();
  return parts.length === 1 ? `${parts[0]}.0` : parts.join('.');
}

export function readMilestone(text: string, file: string, line: number): MilestoneFact | undefined {
  if (/^\W*phase\s/iu.test(text)) return undefined;
  const key = milestoneKeyOf(text);
  if (key === undefined) return undefined;
  return { key, name: nameOf(text, key), state: stateOf(text), ranges: rangesOf(text), file, line };
}

const shippedWords = /✅|🗄|\b(?:shipped|closed|archived|abandoned|failed|complete|completed|done)\b/iu;
const activeWords = /🚧|🔄|\b(?:started|active|wip|in progress|current)\b/iu;

function stateOf(text: string): MilestoneFact['state'] {
  if (activeWords.test(text)) return 'active';
  return shippedWords.test(text) ? 'shipped' : 'open';
}

/** `(Phases 1-4)`, `Phase 5`, `Phases 12–14, 16`. */
export function rangesOf(text: string): (readonly [number, number])[] {
  const list = /\bphases?\s+(\d[\d.]*(?:\s*(?:[-–—,]|to|and|through)\s*\d[\d.]*)*)/iu.exec(text)?.[1];
  if (list === undefined) return [];
  return [...list.matchAll(/(\d[\d.]*)(?:\s*(?:[-–—]|to|through)\s*(\d[\d.]*))?/giu)].map((match) => {
    const first = parseFloat(match[1]!);
    return [first, match[2] === undefined ? first : parseFloat(match[2])] as const;
  });
}

function nameOf(text: string, key: string): string {
  const plain = text
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/\*\*|~~|`|__/g, '')
    .replace(/\s*\(Phases?\s[^)]*\).*$/iu, '')
    .replace(
      /\s+[-—–:]+\s+(?:(?:phases?\s+\d)|shipped|completed?|in progress|archived|closed|started|active).*$/iu,
      '',
    )
    .replace(/\s*\((?:shipped|started|in progress|completed?|archived|closed)[^)]*\).*$/iu, '')
    .replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N})]+$/gu, '')
    .trim();
  return plain === '' ? key : plain.slice(0, 200);
}
