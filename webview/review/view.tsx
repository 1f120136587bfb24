import { useEffect } from 'preact/hooks';
import { Button, ProgressRing } from '../ui';
import { sentencesOf } from '../strings';
import { useStore } from './context';
import { Detail } from './detail';
import { Keys } from './keys';
import { List } from './list';
import { Toolbar } from './toolbar';

/** The page: what there is to decide on the left, the selected change on the right; one below the other where it is narrow. */
export function ReviewPage() {
  const store = useStore();
  const { phase, rows, filter, counts, t } = store;
  useEffect(() => listen(store), [store]);
  if (phase.value === 'loading')
    return (
      <main class="message">
        <ProgressRing label={t('page.loading')} />
        <p>{t('page.loading')}</p>
      </main>
    );
  if (phase.value !== 'ready') return <Nothing error={phase.value === 'error'} />;
  const { all, undecided, kept, dropped } = counts.value;
  return (
    <main class="review">
      <Toolbar />
      <Trouble />
      {store.showsKeys.value ? <Keys /> : null}
      {all > 0 && undecided === 0 ? (
        <p class="done" role="note">
          <strong>{t('page.allDone')}</strong> {t('page.allDoneHelp', { kept, dropped })}
        </p>
      ) : null}
      {rows.value.length === 0 ? (
        <section class="message">
          <h2>{t('page.noMatch')}</h2>
          <Button onPress={() => (filter.value = { show: 'all', plan: '', text: '' })}>
            {t('page.clearFilter')}
          </Button>
        </section>
      ) : (
        <div class="panes">
          <List />
          <Detail />
        </div>
      )}
      <div class="visually-hidden" role="status">
        {store.announcement.value}
      </div>
    </main>
  );
}

function Nothing({ error }: { error: boolean }) {
  const { t, problem, load } = useStore();
  const told = problem.value && sentencesOf({}, problem.value);
  return (
    <main class="message">
      <h1>{t(error ? 'page.error' : 'page.none')}</h1>
      <p>{told ? `${told.message} ${told.fix}` : t(error ? 'page.errorHelp' : 'page.noneHelp')}</p>
      {error ? <Button onPress={() => void load()}>{t('page.tryAgain')}</Button> : null}
    </main>
  );
}

/** A request of the person's that failed, until it is dismissed. */
function Trouble() {
  const { problem, t } = useStore();
  if (!problem.value) return null;
  const { message, fix } = sentencesOf({}, problem.value);
  return (
    <div class="trouble" role="alert">
      <p>
        {message} {fix}
      </p>
      <Button look="icon" icon="close" label={t('page.dismiss')} onPress={() => (problem.value = null)} />
    </div>
  );
}

/** Keys of the whole page; those that type into a field are the field's. */
function listen(store: ReturnType<typeof useStore>): () => void {
  const pressed = (event: KeyboardEvent): void => {
    const inField = event.target instanceof HTMLElement && event.target.matches('input, select, textarea');
    if (inField || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = actions(store)[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };
  document.addEventListener('keydown', pressed);
  return () => document.removeEventListener('keydown', pressed);
}

const actions = (store: ReturnType<typeof useStore>): Readonly<Record<string, () => void>> => ({
  y: () => store.decide('keep'),
  n: () => store.decide('drop'),
  r: () => store.decide('undecide'),
  u: () => store.undo(),
  m: () => store.mark(),
  j: () => store.select(store.at.peek() + 1),
  k: () => store.select(store.at.peek() - 1),
  '/': () => document.querySelector<HTMLElement>('.filter-text')?.focus(),
  '?': () => (store.showsKeys.value = !store.showsKeys.peek()),
  Escape: () => (store.showsKeys.value = false),
});
