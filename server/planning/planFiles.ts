import { comparePlanIds, normalPhaseId, normalPlanId } from './ids';

/** A plan file of a phase folder with its id and the SUMMARY that says it is done. */
export interface PlanFile {
  /** Canonical id, for example `03-01`; unique within its phase. */
  readonly id: string;
  readonly file: string;
  readonly summary: string | undefined;
}

/**
 * Finds the plans among the files of one phase folder, in order of their ids.
 * `written` is the phase number as the folder writes it, `names` are file paths below the folder.
 */
export function findPlans(directory: string, written: string, names: readonly string[]): PlanFile[] {
  const summaries = names.filter((name) => isMarkdown(name) && /summary/i.test(baseOf(name)));
  const bareNumbers = names.filter((name) => bareNumber.test(baseOf(name))).length;
  const drafts = names.filter(isPlanName).map((name) => ({ name, ...nameParts(name, written, bareNumbers) }));
  const used = new Set<string>();
  const plans: PlanFile[] = [];
  for (const draft of drafts.sort((a, b) => a.suffix.length - b.suffix.length)) {
    let id = draft.id;
    if (used.has(normalPlanId(id)) && draft.suffix !== '') id = `${id}-${draft.suffix}`;
    if (used.has(normalPlanId(id))) id = draft.name.replace(/\.md$/i, '').replaceAll('/', '-');
    used.add(normalPlanId(id));
    plans.push({
      id: id.slice(0, 120),
      file: `${directory}/${draft.name}`,
      summary: prefixed(directory, summaryOf(draft.name, id, written, summaries)),
    });
  }
  return plans.sort((a, b) => comparePlanIds(normalPlanId(a.id), normalPlanId(b.id)));
}

/** Whether a path below a phase folder is a plan. Outlines, reviews, checks and copies are not. */
export function isPlanName(name: string): boolean {
  if (!isMarkdown(name)) return false;
  const base = baseOf(name);
  if (name.includes('/') && !/^plans\/PLAN-\d/i.test(name)) return false;
  if (/summary|outline|pre-bounce|plan-review|plan-check|preplanning/i.test(base)) return false;
  return /(?:^|[^\p{L}])plan(?:[^\p{L}]|$)/iu.test(base.replace(/\.md$/i, ''));
}

const bareNumber = /^\d+[A-Za-z]?(?:\.\d+)*-PLAN\.md$/i;

function isMarkdown(name: string): boolean {
  return /\.md$/i.test(name);
}

function baseOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

function prefixed(directory: string, name: string | undefined): string | undefined {
  return name === undefined ? undefined : `${directory}/${name}`;
}

interface NameParts {
  readonly id: string;
  /** A slug in the name, used only to tell two plans of one number apart. */
  readonly suffix: string;
}

function nameParts(name: string, written: string, bareNumbers: number): NameParts {
  const base = baseOf(name).replace(/\.md$/i, '');
  const pad = (number: string): string => number.replace(/^\d+/, (digits) => digits.padStart(2, '0'));
  const number = String.raw`\d+[A-Za-z]?(?:\.\d+[A-Za-z]?)*`;
  const code = '(?:[A-Z][A-Z0-9_]*-(?=\\d))?';

  const full = new RegExp(`^${code}(${number})-(\\d+[a-z]?)((?:-FIX\\d*)*)(?:-(.+?))?-PLAN$`, 'i').exec(base);
  if (full) return { id: `${full[1]}-${pad(full[2]!)}${full[3]}`, suffix: full[4] ?? '' };
  const reversed = new RegExp(`^${code}(${number})-PLAN-(\\d+[a-z]?)(?:-(.+))?$`, 'i').exec(base);
  if (reversed) return { id: `${reversed[1]}-${pad(reversed[2]!)}`, suffix: reversed[3] ?? '' };
  const bare = new RegExp(`^(${number})-PLAN$`, 'i').exec(base);
  if (bare) {
    // `03-PLAN.md` alone in phase 3 is its only plan; beside others the number counts plans.
    const onlyPlan = bareNumbers === 1 && normalPhaseId(bare[1]!) === normalPhaseId(written);
    return { id: `${written}-${onlyPlan ? '01' : pad(bare[1]!)}`, suffix: '' };
  }
  const after = /^PLAN-(\d+[a-z]?)(?:-(.+))?$/i.exec(base);
  if (after) return { id: `${written}-${pad(after[1]!)}`, suffix: after[2] ?? '' };
  if (/^PLAN$/i.test(base)) return { id: `${written}-01`, suffix: 'PLAN' };
  const slug = base.replace(/-?plan$/i, '') || base;
  return { id: slug.startsWith(`${written}-`) ? slug : `${written}-${slug}`, suffix: base };
}

function summaryOf(
  name: string,
  id: string,
  written: string,
  summaries: readonly string[],
): string | undefined {
  const base = name.replace(/\.md$/i, '');
  const wanted = new Set(
    [
      base.replace(/plan(?!.*plan)/i, 'SUMMARY'),
      `${base}-SUMMARY`,
      base.replace(/^(.*)-PLAN-(\d+[a-z]?)$/i, '$1-$2-SUMMARY'),
      `${id}-SUMMARY`,
      `${id.slice(written.length + 1)}-SUMMARY`,
    ].map(normalPlanId),
  );
  return summaries.find((summary) => wanted.has(normalPlanId(summary.replace(/\.md$/i, ''))));
}
