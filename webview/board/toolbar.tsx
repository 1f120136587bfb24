import { Button, ProgressBar, Segmented } from '../ui';
import type { StringKey } from '../strings';
import { useStore } from './context';
import { clockOf, durationOf } from './format';
import { actionsOf, progressOf, type BoardModel, type RunAction } from './model';
import { StateLabel } from './states';

const buttons: Readonly<Record<RunAction, { icon: string; text: StringKey; hint?: StringKey }>> = {
  pause: { icon: 'debug-pause', text: 'toolbar.pause', hint: 'toolbar.pauseHint' },
  resume: { icon: 'play', text: 'toolbar.resume' },
  retry: { icon: 'refresh', text: 'toolbar.retry' },
  cancel: { icon: 'circle-slash', text: 'toolbar.cancel' },
};

/** What the run is, how far it has come, and what can be done with it as a whole. */
export function Toolbar({ model }: { model: BoardModel }) {
  const store = useStore();
  const { t, busy, view } = store;
  const { done, total } = progressOf(model);
  const changeset = store.report.value?.summary.changeset ?? null;
  const review = model.state === 'completed' || (model.state === 'failed' && changeset !== null);
  const text = t('toolbar.progress', { done, total });
  return (
    <header class="toolbar" aria-label={t('toolbar.label')}>
      <div class="toolbar-main">
        <h1 class="run-title" dir="auto" title={model.title}>
          {model.title}
        </h1>
        <div class="run-facts">
          <StateLabel state={model.state} />
          <ProgressBar done={done} total={total} label={t('toolbar.progressLabel')} text={text} />
          <span class="run-progress" dir="auto" aria-hidden="true">
            {text}
          </span>
          <RunElapsed model={model} />
        </div>
      </div>
      <div class="toolbar-actions">
        {actionsOf(model.state).map((action) => {
          const { icon, text: label, hint } = buttons[action];
          return (
            <Button
              key={action}
              look={action === 'retry' || action === 'resume' ? 'primary' : 'secondary'}
              icon={icon}
              {...(hint === undefined ? {} : { hint: t(hint) })}
              disabled={busy.value.has(action)}
              onPress={() => store.command(action)}
            >
              {t(label)}
            </Button>
          );
        })}
        {review ? (
          <Button
            look={model.state === 'completed' ? 'primary' : 'secondary'}
            icon="diff-multiple"
            disabled={busy.value.has('review')}
            onPress={() => store.openReview()}
          >
            {t('toolbar.review')}
          </Button>
        ) : null}
        <Segmented
          label={t('toolbar.view')}
          value={view.value}
          onChoose={(next) => (view.value = next)}
          choices={[
            { value: 'graph', label: t('toolbar.graphView'), icon: 'type-hierarchy' },
            { value: 'list', label: t('toolbar.listView'), icon: 'list-flat' },
          ]}
        />
      </div>
    </header>
  );
}

function RunElapsed({ model }: { model: BoardModel }) {
  const { now, report, t } = useStore();
  const summary = report.value?.summary;
  const starts = [...model.nodes.values()].flatMap(({ startedAt }) => startedAt ?? []);
  const from =
    summary?.createdAt ?? (starts.length > 0 ? starts.reduce((a, b) => Math.min(a, b)) : undefined);
  if (from === undefined) return null;
  const elapsed = Math.max(0, (summary?.endedAt ?? now.value) - from);
  return (
    <time class="elapsed" datetime={durationOf(elapsed)} title={t('toolbar.elapsed')}>
      {clockOf(elapsed)}
    </time>
  );
}
