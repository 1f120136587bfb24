import type { CriticalityLevel, CriticalityTable, WorkClass } from '../../../schemas/failure';

/** What is known of a node and its part in the run. */
export interface NodeStanding {
  /** What the run was asked for, in a person's words. */
  readonly request?: string;
  /** What the node does, in words. */
  readonly work?: string;
  /** How well the work serves the request, 0–100, where somebody states it; else the verbs tell. */
  readonly alignment?: number;
  /** Default `medium`. */
  readonly complexity?: 'low' | 'medium' | 'high';
  /** Others wait for it, and it waits for nobody. */
  readonly root?: boolean;
  /** It lies on the longest way through the workflow. */
  readonly criticalPath?: boolean;
  readonly alternatives?: 'none' | 'many';
  /** It decides whether work is good enough. */
  readonly qualityGate?: boolean;
  /** It changes how something looks and nothing else. */
  readonly presentationOnly?: boolean;
}

/**
 * How much a run depends on a node, 0–100: alignment × complexity + dependency + context, cut off at both
 * ends. Rounded to a whole number, as workflows record it.
 */
export function criticalityOf(standing: NodeStanding, table: CriticalityTable): number {
  const { dependency, context } = table;
  const alignment = standing.alignment ?? alignmentOf(standing.request ?? '', standing.work ?? '', table);
  const depends = Math.max(
    standing.root ? dependency.root : 0,
    standing.criticalPath ? dependency.criticalPath : 0,
  );
  const around =
    (standing.alternatives === 'none' ? context.noAlternative : 0) +
    (standing.alternatives === 'many' ? context.manyAlternatives : 0) +
    (standing.qualityGate ? context.qualityGate : 0) +
    (standing.presentationOnly ? context.presentationOnly : 0);
  const score = alignment * table.complexity[standing.complexity ?? 'medium'] + depends + around;
  return Math.round(Math.min(100, Math.max(0, score)));
}

/** The level of a score. */
export function levelOf(score: number, { levels }: CriticalityTable): CriticalityLevel {
  if (score >= levels.essential) return 'essential';
  return score >= levels.recommended ? 'recommended' : 'optional';
}

/** What a text asks for: the class of the first verb in it that the table knows. */
export function classOf(text: string, { verbs }: CriticalityTable): WorkClass {
  for (const word of text.toLowerCase().match(/\p{L}+/gu) ?? [])
    for (const [name, known] of Object.entries(verbs))
      if (known.some((verb) => isForm(word, verb))) return name as WorkClass;
  return 'other';
}

/** How well a node's work serves a request, 0–100, as far as their verbs tell. */
export function alignmentOf(request: string, work: string, table: CriticalityTable): number {
  return table.alignment[classOf(request, table)][classOf(work, table)];
}

/** `fixes`, `fixed`, `fixing` and `fix` are one verb; so are `writing` and `write`. */
function isForm(word: string, verb: string): boolean {
  if (word === verb) return true;
  const stem = verb.endsWith('e') ? verb.slice(0, -1) : verb;
  if (!word.startsWith(stem)) return false;
  const ending = word.slice(stem.length);
  return verb.endsWith('e')
    ? ['es', 'ed', 'ing'].includes(ending)
    : ['s', 'es', 'ed', 'ing'].includes(ending.replace(new RegExp(`^${stem.at(-1)!}(?=ed$|ing$)`), ''));
}
