import type { RiskFlag } from '../../../schemas/wire/risk';
import type { Unit } from '../algebra/units';
import type { Proposed } from '../decide';
import { isTest } from './paths';

const assertion =
  /\b(assert\w*|expect\w*|should|verify|require)\s*(\.|\(|!|::)|\bassert\s|\.should\b|\bt\.(Error|Fatal|Fail)\w*\(/g;
const caseOf =
  /\b[xf]?(it|test|describe|context|specify)(\.\w+)*\s*\(|^\s*def test_|^func Test|@Test\b|#\[test\]/gm;
/** Tests that are passed over, or that make the others be passed over. */
const silenced =
  /\b(it|test|describe|context|suite)\.(skip|only|todo|fixme|failing)\b|\b(xit|xtest|xdescribe|fit|fdescribe)\s*\(|@(pytest\.mark\.)?(skip|xfail|Ignore|Disabled)\b|#\[ignore|\bt\.Skip(Now|f)?\(|\bunittest\.skip/g;

/** Tests that are gone, prove less, or are passed over. */
export function testRisks(file: Proposed, unit: Unit, removed: string, added: string): RiskFlag[] {
  const test = isTest(file.path) || (file.from !== null && isTest(file.from));
  if (!test) return [];
  if (file.proposal === null) return ['testRemoved'];
  if (unit.kind !== 'lines' && unit.kind !== 'whole') return [];
  const flags: RiskFlag[] = [];
  if (count(removed, caseOf) > count(added, caseOf)) flags.push('testRemoved');
  if (
    count(removed, assertion) > count(added, assertion) ||
    count(added, silenced) > count(removed, silenced)
  )
    flags.push('testWeakened');
  return flags;
}

const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;
