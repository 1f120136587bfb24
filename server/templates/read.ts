import { templateFrame, type Template } from '../../schemas/template';
import type { Code, Problem } from '../../schemas/codes';
import { SourceMap, finding, pathText, readSource, type Finding, type Path } from '../melody';
import { copied, putAt, stepText } from './place';
import { checkValue, patternFault } from './values';

/** A template file as it lies somewhere. */
export interface TemplateText {
  readonly file: string;
  readonly text: string;
}

export interface ReadTemplate {
  /** Undefined when a finding is an error. */
  readonly template: Template | undefined;
  readonly findings: readonly Finding[];
}

/**
 * Reads and checks the text of a `*.template.json` (JSON with comments). Never throws on a text. Whether its Melody
 * is a good one shows when its places are filled.
 */
export function readTemplate({ file, text }: TemplateText): ReadTemplate {
  const source = readSource(text, file);
  if (!source.ok) return { template: undefined, findings: source.findings };
  const map = new SourceMap(text);
  const at = (code: Code, args: Problem['args'], path: Path): Finding =>
    finding(code, args, { file, ...map.at(map.offsetOf(path)), path: pathText(path) });
  const parsed = templateFrame.safeParse(source.value);
  if (!parsed.success) {
    const findings = parsed.error.issues.slice(0, 50).map(({ path, message }) => {
      const way = path.filter((step) => typeof step !== 'symbol');
      const where = pathText(way);
      return at('template.malformed', { detail: where === '' ? message : `${where}: ${message}` }, way);
    });
    return { template: undefined, findings };
  }
  const findings = faultsOf(parsed.data).map(({ code, args, path }) => at(code, args, path));
  return { template: findings.length > 0 ? undefined : parsed.data, findings };
}

interface Fault {
  readonly code: Code;
  readonly args: Problem['args'];
  readonly path: Path;
}

/** What contradicts itself in a template that is well formed. */
export function faultsOf(template: Template): Fault[] {
  const faults: Fault[] = [];
  const names = new Set<string>();
  template.parameters.forEach((parameter, index) => {
    const path = ['parameters', index] as const;
    const args = { parameter: parameter.name };
    if (names.has(parameter.name))
      faults.push({ code: 'template.parameterTwice', args, path: [...path, 'name'] });
    names.add(parameter.name);
    const pattern = parameter.constraints?.pattern;
    const fault = pattern === undefined ? undefined : patternFault(pattern);
    if (fault !== undefined)
      return void faults.push({
        code: 'template.pattern',
        args: { ...args, detail: fault },
        path: [...path, 'constraints', 'pattern'],
      });
    if (parameter.default === undefined) return;
    const misfit = checkValue(parameter, parameter.default as never);
    if (misfit !== undefined)
      faults.push({
        code: 'template.default',
        args: { ...args, code: misfit.code },
        path: [...path, 'default'],
      });
  });
  const document = copied(template.melody);
  template.placeholders.forEach(({ parameter, path: way }, index) => {
    const path = ['placeholders', index] as const;
    if (!names.has(parameter)) {
      const args = { parameter, known: [...names].join(', ') || '–' };
      faults.push({ code: 'template.placeholderUnknown', args, path: [...path, 'parameter'] });
    }
    const nowhere = putAt(document, way, null);
    if (nowhere !== undefined)
      faults.push({
        code: 'template.placeholderNowhere',
        args: { step: stepText(nowhere) },
        path: [...path, 'path'],
      });
  });
  return faults;
}
