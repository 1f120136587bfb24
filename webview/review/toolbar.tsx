import { Button, ProgressBar } from '../ui';
import { useStore } from './context';
import { shows, type Show } from './model';

/** What is reviewed, how far it has come, and what of it is shown. */
export function Toolbar() {
  const { t, title, counts, undo, showsKeys } = useStore();
  const { all, undecided, kept, dropped } = counts.value;
  const text = t('toolbar.progress', { decided: all - undecided, all });
  return (
    <header class="toolbar" aria-label={t('toolbar.label')}>
      <div class="toolbar-main">
        <h1 dir="auto" title={title.value}>
          {title.value}
        </h1>
        <div class="facts">
          <ProgressBar done={all - undecided} total={all} label={t('toolbar.progressLabel')} text={text} />
          <span aria-hidden="true">{text}</span>
          <span class="is-kept">{t('toolbar.kept', { count: kept })}</span>
          <span class="is-dropped">{t('toolbar.dropped', { count: dropped })}</span>
        </div>
      </div>
      <Filters />
      <div class="toolbar-actions">
        <Button icon="discard" hint={t('toolbar.undoHint')} onPress={undo}>
          {t('toolbar.undo')}
        </Button>
        <Button
          look="icon"
          icon="keyboard"
          label={t('toolbar.keys')}
          onPress={() => (showsKeys.value = !showsKeys.value)}
        />
      </div>
    </header>
  );
}

function Filters() {
  const { t, filter, model } = useStore();
  const plans = model.value?.plans ?? [];
  return (
    <div class="filters" role="group" aria-label={t('filter.label')}>
      <select
        aria-label={t('filter.show')}
        value={filter.value.show}
        onChange={({ currentTarget }) =>
          (filter.value = { ...filter.value, show: currentTarget.value as Show })
        }
      >
        {shows.map((show) => (
          <option key={show} value={show}>
            {t(`filter.${show}`)}
          </option>
        ))}
      </select>
      {plans.length > 1 ? (
        <select
          aria-label={t('filter.plan')}
          value={filter.value.plan}
          onChange={({ currentTarget }) => (filter.value = { ...filter.value, plan: currentTarget.value })}
        >
          <option value="">{t('filter.everyPlan')}</option>
          {plans.map(({ plan, title }) => (
            <option key={plan} value={plan}>
              {plan} · {title}
            </option>
          ))}
        </select>
      ) : null}
      <input
        class="filter-text"
        type="search"
        placeholder={t('filter.text')}
        aria-label={t('filter.text')}
        value={filter.value.text}
        onInput={({ currentTarget }) => (filter.value = { ...filter.value, text: currentTarget.value })}
      />
    </div>
  );
}
