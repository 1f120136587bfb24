import { useState } from 'preact/hooks';
import type { ChangedFile } from '../../schemas/wire/review';
import type { ReviewSource, ReviewUnit } from '../../schemas/wire/units';
import { Button } from '../ui';
import { dollarsOf, revealed } from '../board/format';
import { useStore } from './context';
import { diffOf, type DiffLine } from './lines';
import { wholeText } from './list';
import { unitsAt } from './model';

/** Lines of a hunk drawn at first. */
const firstLines = 400;

/** The selected change: what it is, whose it is, what speaks for it, and its lines. */
export function Detail() {
  const store = useStore();
  const { t, rows, at, model } = store;
  const row = rows.value[at.value];
  if (!row) return null;
  const file = model.value!.files.get(row.path);
  const units = unitsAt(rows.value, at.value);
  const unit = row.kind === 'unit' ? row.unit : undefined;
  return (
    <section class="detail" aria-label={t('detail.label')}>
      <h2 dir="auto">{row.path}</h2>
      {unit ? <Flags unit={unit} /> : null}
      <div class="actions">
        <Button look="primary" icon="check" hint={t('detail.keepHint')} onPress={() => store.decide('keep')}>
          {unit ? t('detail.keep') : t('detail.keepFile', { count: units.length })}
        </Button>
        <Button icon="close" hint={t('detail.dropHint')} onPress={() => store.decide('drop')}>
          {unit ? t('detail.drop') : t('detail.dropFile', { count: units.length })}
        </Button>
        {unit && unit.state !== 'undecided' ? (
          <Button icon="discard" onPress={() => store.decide('undecide')}>
            {t('detail.undecide')}
          </Button>
        ) : null}
        <Button icon="eye" onPress={() => store.mark()}>
          {t(unit?.reviewed === true ? 'detail.unmark' : 'detail.mark')}
        </Button>
        <Button icon="go-to-file" onPress={() => store.open()}>
          {t('detail.open')}
        </Button>
      </div>
      {unit ? <Sources unit={unit} /> : null}
      {unit && file ? <Body key={unit.unit} unit={unit} file={file} /> : null}
    </section>
  );
}

function Flags({ unit }: { unit: ReviewUnit }) {
  const { t } = useStore();
  return (
    <ul class="chips">
      <li class={`chip is-${unit.state}`}>{t(`state.${unit.state}`)}</li>
      {unit.edited === null ? null : <li class="chip">{t('detail.edited')}</li>}
      {unit.flags.map((flag) => (
        <li key={flag} class="chip is-risky">
          {t(`flag.${flag}`)}
        </li>
      ))}
    </ul>
  );
}

function Sources({ unit }: { unit: ReviewUnit }) {
  const { model } = useStore();
  const sources = unit.sources.flatMap((at) => model.value!.sources[at] ?? []);
  return (
    <ul class="sources">
      {sources.map((source) => (
        <li key={`${source.plan}.${source.task}.${source.turn}`}>
          <SourceView source={source} />
        </li>
      ))}
    </ul>
  );
}

function SourceView({ source }: { source: ReviewSource }) {
  const { t } = useStore();
  const { plan, title, task, requirements, turn, verified, tokens, usd } = source;
  return (
    <>
      <strong dir="auto">
        {plan} · {title}
      </strong>
      {task === null ? null : <span dir="auto">{task}</span>}
      {requirements.length > 0 ? <span>{requirements.join(', ')}</span> : null}
      {turn === null ? null : <span>{t('source.turn', { turn })}</span>}
      {newest(verified).map(({ command, exitCode }) => (
        <span key={command} class={exitCode === 0 ? 'is-kept' : 'is-dropped'}>
          {exitCode === 0 ? t('source.passed', { command }) : t('source.failed', { command, code: exitCode })}
        </span>
      ))}
      {tokens > 0 ? <span>{t('source.tokens', { tokens: tokens.toLocaleString() })}</span> : null}
      {usd === null ? null : <span>{dollarsOf(usd)}</span>}
    </>
  );
}

/** What each command came to last: verified alone and again when merged, it is told once. */
const newest = (verified: ReviewSource['verified']): ReviewSource['verified'] => [
  ...new Map(verified.map((one) => [one.command, one])).values(),
];

function Body({ unit, file }: { unit: ReviewUnit; file: ChangedFile }) {
  const { t, contents } = useStore();
  const [all, setAll] = useState(false);
  const sides = contents.of(file).value;
  if (sides === null) return <p class="muted">{t('page.loading')}</p>;
  if (sides === 'none' || unit.kind === 'mode' || unit.kind === 'rename')
    return (
      <p class="muted">
        {unit.kind === 'whole' || unit.kind === 'lines' ? t('detail.noText') : wholeText(t, unit, file)}
      </p>
    );
  const whole = {
    before: { start: 0, end: sides.before.length },
    after: { start: 0, end: sides.after.length },
  };
  const lines = diffOf(sides, unit.kind === 'whole' ? whole : unit);
  const drawn = all ? lines : lines.slice(0, firstLines);
  return (
    <div class="diff" role="region" tabIndex={0} aria-label={wholeOrLines(unit, file, t)}>
      <table>
        <thead class="visually-hidden">
          <tr>
            <th>{t('detail.line')}</th>
            <th>{t('detail.removed')}</th>
            <th>{t('detail.added')}</th>
          </tr>
        </thead>
        <tbody>
          {drawn.map((line, i) => (
            <LineView key={i} line={line} />
          ))}
        </tbody>
      </table>
      {drawn.length < lines.length ? (
        <Button onPress={() => setAll(true)}>
          {t('detail.more', { count: lines.length - drawn.length })}
        </Button>
      ) : null}
    </div>
  );
}

const wholeOrLines = (unit: ReviewUnit, file: ChangedFile, t: ReturnType<typeof useStore>['t']): string =>
  unit.kind === 'lines'
    ? t('list.lines', {
        line: unit.after.start + 1,
        added: unit.after.end - unit.after.start,
        removed: unit.before.end - unit.before.start,
      })
    : wholeText(t, unit, file);

const signs = { same: ' ', removed: '−', added: '+' } as const;

function LineView({ line: { kind, before, after, text } }: { line: DiffLine }) {
  const { t } = useStore();
  return (
    <tr class={`line-${kind}`}>
      <td class="number">{before ?? ''}</td>
      <td class="number">{after ?? ''}</td>
      <td class="text">
        <span aria-hidden="true">{signs[kind]} </span>
        {kind === 'same' ? null : <span class="visually-hidden">{t(`detail.${kind}`)} </span>}
        <code>
          {revealed(text.replaceAll('\t', '    ')).map((piece, i) =>
            piece.hidden ? (
              <mark key={i} class="hidden">
                {piece.text}
              </mark>
            ) : (
              piece.text
            ),
          )}
        </code>
      </td>
    </tr>
  );
}
