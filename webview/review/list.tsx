import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ChangedFile } from '../../schemas/wire/review';
import type { ReviewUnit } from '../../schemas/wire/units';
import { Icon } from '../ui';
import { useStore } from './context';
import { gistOf } from './lines';
import type { Row } from './model';

/** The height of a row in pixels, as the style sheet has it. */
const rowHeight = 26;
/** Rows drawn beyond what is in view. */
const spare = 10;

/** All rows that pass the filter; only those in view are drawn, so that twenty thousand cost as much as twenty. */
export function List() {
  const store = useStore();
  const { rows, at, t } = store;
  const list = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const look = (): void => {
    const { scrollTop, clientHeight } = list.current!;
    setView({ top: scrollTop, height: clientHeight });
  };
  useLayoutEffect(() => {
    const watched = new ResizeObserver(look);
    watched.observe(list.current!);
    return () => watched.disconnect();
  }, []);
  useLayoutEffect(() => show(list.current!, at.value), [at.value, rows.value]);

  const first = Math.max(0, Math.floor(view.top / rowHeight) - spare);
  const drawn = rows.value.slice(first, first + Math.ceil(view.height / rowHeight) + 2 * spare);
  return (
    <div
      ref={list}
      class="list"
      role="listbox"
      tabIndex={0}
      aria-label={t('list.label')}
      aria-activedescendant={`row-${at.value}`}
      onScroll={look}
      onKeyDown={(event) => {
        const to = targetOf(event.key, at.value, rows.value.length, Math.floor(view.height / rowHeight));
        if (event.key === 'Enter') store.open();
        else if (to === undefined) return;
        else store.select(to);
        event.preventDefault();
      }}
    >
      <div class="rows" role="presentation" style={{ blockSize: `${rows.value.length * rowHeight}px` }}>
        {drawn.map((row, i) => (
          <RowView key={row.key} row={row} at={first + i} />
        ))}
      </div>
    </div>
  );
}

function RowView({ row, at }: { row: Row; at: number }) {
  const store = useStore();
  const { t, rows, model } = store;
  const selected = store.at.value === at;
  const file = model.value!.files.get(row.path);
  const unit = row.kind === 'unit' ? row.unit : undefined;
  return (
    <div
      id={`row-${at}`}
      class={`row row-${row.kind}${selected ? ' is-selected' : ''}${unit ? ` is-${unit.state}` : ''}`}
      role="option"
      aria-selected={selected}
      aria-setsize={rows.value.length}
      aria-posinset={at + 1}
      style={{ insetBlockStart: `${at * rowHeight}px` }}
      onClick={() => store.select(at)}
      onDblClick={() => store.open()}
    >
      {unit ? (
        <UnitRow unit={unit} file={file} />
      ) : (
        <>
          <Icon name="file" />
          <span class="path" dir="auto" title={row.path}>
            {row.path}
          </span>
          <span class="count">{row.kind === 'file' ? row.shown : ''}</span>
          <span class="visually-hidden">
            {t('list.file', { path: row.path, count: row.kind === 'file' ? row.shown : 0 })}
          </span>
        </>
      )}
    </div>
  );
}

const stateIcons = { undecided: 'circle-outline', kept: 'check', dropped: 'close' } as const;

function UnitRow({ unit, file }: { unit: ReviewUnit; file: ChangedFile | undefined }) {
  const { t, contents } = useStore();
  const sides = file && unit.kind === 'lines' ? contents.of(file).value : null;
  const added = unit.after.end - unit.after.start;
  const removed = unit.before.end - unit.before.start;
  const line = unit.after.start + 1;
  return (
    <>
      <Icon name={stateIcons[unit.state]} />
      <span class="visually-hidden">
        {t(`state.${unit.state}`)} {unit.reviewed ? t('state.reviewed') : ''}
      </span>
      {unit.kind === 'lines' ? (
        <>
          <span class="line" aria-hidden="true">
            {line}
          </span>
          <span class="size" aria-hidden="true">
            <span class="added">+{added}</span> <span class="removed">−{removed}</span>
          </span>
          <span class="visually-hidden">{t('list.lines', { line, added, removed })}</span>
          <code class="gist" dir="auto">
            {sides !== null && sides !== 'none' ? gistOf(sides, unit) : ''}
          </code>
        </>
      ) : (
        <span class="gist">{wholeText(t, unit, file)}</span>
      )}
      {unit.reviewed ? <Icon name="eye" /> : null}
      {unit.flags.length > 0 ? (
        <span class="flags" title={unit.flags.map((flag) => t(`flag.${flag}`)).join('\n')}>
          <Icon name="warning" />
          <span class="visually-hidden">{unit.flags.map((flag) => t(`flag.${flag}`)).join(', ')}</span>
        </span>
      ) : null}
    </>
  );
}

/** What is to be said of a unit without lines. */
export function wholeText(
  t: ReturnType<typeof useStore>['t'],
  unit: ReviewUnit,
  file: ChangedFile | undefined,
): string {
  if (unit.kind === 'rename') return t('list.rename', { path: file?.from ?? '' });
  if (unit.kind === 'mode') return t('list.mode');
  return t(`whole.${file?.change ?? 'modified'}`);
}

/** Where a key leads; undefined for keys that do not move. */
function targetOf(key: string, at: number, count: number, page: number): number | undefined {
  switch (key) {
    case 'ArrowDown':
      return at + 1;
    case 'ArrowUp':
      return Math.max(0, at - 1);
    case 'PageDown':
      return at + page;
    case 'PageUp':
      return Math.max(0, at - page);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return undefined;
  }
}

/** Scrolls as little as shows the row. */
function show(list: HTMLElement, at: number): void {
  const top = at * rowHeight;
  if (top < list.scrollTop) list.scrollTop = top;
  else if (top + rowHeight > list.scrollTop + list.clientHeight)
    list.scrollTop = top + rowHeight - list.clientHeight;
}
