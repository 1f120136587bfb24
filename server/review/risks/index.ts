import type { RiskFlag } from '../../../schemas/wire/risk';
import type { FileUnits, Unit } from '../algebra/units';
import type { Proposed } from '../decide';
import { contentRisks } from './contents';
import { pathRisks } from './paths';
import { testRisks } from './tests';

/** Why a person should look twice, per unit that has a reason. Pure; wrong at times, but never silent on purpose. */
export function risksOf(file: Proposed, cut: FileUnits): Map<string, RiskFlag[]> {
  const found = new Map<string, RiskFlag[]>();
  const everywhere = [
    ...pathRisks(file.path),
    ...(file.from === null ? [] : pathRisks(file.from)),
    ...shapeRisks(file),
  ];
  for (const unit of cut.units) {
    const { removed, added } = linesOfUnit(file, cut, unit);
    const own = [...contentRisks(file, added), ...testRisks(file, unit, removed, added), ...kindRisks(unit)];
    const flags = [...new Set([...everywhere, ...own])];
    if (flags.length > 0) found.set(unit.unit, flags);
  }
  return found;
}

function shapeRisks({ baseline, proposal }: Proposed): RiskFlag[] {
  const flags: RiskFlag[] = [];
  if (baseline?.kind === 'link' || proposal?.kind === 'link') flags.push('symlink');
  if (baseline !== null && proposal === null) flags.push('deletion');
  if (baseline === null && proposal?.executable === true) flags.push('mode');
  return flags;
}

const kindRisks = (unit: Unit): RiskFlag[] => (unit.kind === 'mode' ? ['mode'] : []);

/** The lines a unit takes away and brings, as latin1 of their bytes. */
function linesOfUnit(
  { baseline, proposal }: Proposed,
  { text }: FileUnits,
  { kind, before, after }: Unit,
): { removed: string; added: string } {
  if (kind === 'lines' && text !== null) {
    const cut = (lines: readonly string[], span: typeof before) => lines.slice(span.start, span.end).join('');
    return { removed: cut(text.before, before), added: cut(text.after, after) };
  }
  if (kind !== 'whole') return { removed: '', added: '' };
  const all = (version: Proposed['baseline']) => Buffer.from(version?.bytes ?? []).toString('latin1');
  return { removed: all(baseline), added: all(proposal) };
}
