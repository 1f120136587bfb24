import type { PlanReport } from '../../schemas/wire/run';
import { sentencesOf, type StringKey } from '../strings';
import { Icon } from '../ui';
import { useStore } from './context';
import { clockOf, dollarsOf, revealed } from './format';

const signs = { added: 'A', modified: 'M', deleted: 'D', renamed: 'R' } as const;

/** What a plan's agent changed, how it was verified, and what it cost. */
export function PlanFacts({ report }: { report: PlanReport }) {
  const { t, strings } = useStore();
  const problem = report.problem && sentencesOf(strings.value, report.problem);
  return (
    <>
      {problem ? (
        <div class="callout is-failed" dir="auto">
          <p>
            <Icon name="error" />
            {problem.message}
          </p>
          {problem.fix === '' ? null : <p class="muted">{problem.fix}</p>}
        </div>
      ) : null}
      <h3>{t('details.files')}</h3>
      {report.files.length === 0 ? <p class="muted">{t('details.noFiles')}</p> : <Files report={report} />}
      <h3>{t('details.verified')}</h3>
      {report.verified.length === 0 ? (
        <p class="muted">{t('details.notVerified')}</p>
      ) : (
        <Verified report={report} />
      )}
      <h3>{t('details.usage')}</h3>
      <Usage report={report} />
    </>
  );
}

/** The work first, what was written about it last. */
function workFirst(files: PlanReport['files']): PlanReport['files'] {
  const isRecord = ({ path }: { path: string }): boolean => path.startsWith('.planning/');
  return [...files.filter((file) => !isRecord(file)), ...files.filter(isRecord)];
}

function Files({ report }: { report: PlanReport }) {
  const { t } = useStore();
  return (
    <ul class="files">
      {workFirst(report.files).map(({ path, change, added, removed }) => {
        const slash = path.lastIndexOf('/');
        return (
          <li key={path} title={path}>
            <span class={`change is-${change}`} title={t(`details.${change}`)}>
              <span aria-hidden="true">{signs[change]}</span>
              <span class="visually-hidden">{t(`details.${change}`)}</span>
            </span>
            <span class="path" dir="ltr">
              <span class="path-name">{path.slice(slash + 1)}</span>
              <span class="path-folder">{path.slice(0, Math.max(0, slash))}</span>
            </span>
            <span class="lines" dir="ltr">
              <span class="visually-hidden">{t('details.lines', { added, removed })}</span>
              <span class="lines-added" aria-hidden="true">
                +{added}
              </span>
              <span class="lines-removed" aria-hidden="true">
                −{removed}
              </span>
            </span>
          </li>
        );
      })}
    </ul>
  );
}

/** A command is run again whenever work is joined; what it said last is what counts. */
const latest = (runs: PlanReport['verified']): PlanReport['verified'] => [
  ...new Map(runs.map((run) => [run.command, run])).values(),
];

function Verified({ report }: { report: PlanReport }) {
  const { t } = useStore();
  return (
    <ul class="verified">
      {latest(report.verified).map(({ command, exitCode, milliseconds }) => (
        <li key={command}>
          <code dir="ltr">{revealed(command).map(({ text }) => text)}</code>
          <span class="verified-result">
            <span class={`state-icon is-${exitCode === 0 ? 'completed' : 'failed'}`}>
              <Icon name={exitCode === 0 ? 'pass-filled' : 'error'} />
            </span>
            {exitCode === 0 ? t('details.passed') : t('details.exitCode', { code: exitCode })}
            <span class="elapsed">{clockOf(milliseconds)}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}

function Usage({ report: { usage, turns } }: { report: PlanReport }) {
  const { t } = useStore();
  const language = document.documentElement.lang || undefined;
  const number = new Intl.NumberFormat(language);
  const cost = usage.usd === undefined ? t('details.costUnknown') : dollarsOf(usage.usd, language);
  const facts: [StringKey, string][] = [
    ['details.cost', cost],
    ['details.turns', number.format(turns)],
    ['details.tokensIn', number.format(usage.inputTokens)],
    ['details.tokensOut', number.format(usage.outputTokens)],
    ['details.tokensCached', number.format(usage.cachedTokens)],
  ];
  return (
    <dl class="tiles">
      {facts.map(([name, value]) => (
        <div key={name} class="tile">
          <dt>{t(name)}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
