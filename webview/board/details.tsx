import type { ComponentChildren } from 'preact';
import type { BoardNode } from '../../schemas/wire/board';
import type { StringKey } from '../strings';
import { Button, Divider, Link, ProgressRing } from '../ui';
import { useStore } from './context';
import { Elapsed } from './elapsed';
import { focusSoon } from './focus';
import { canRetry, type BoardModel } from './model';
import { PlanFacts } from './planFacts';
import { StateLabel } from './states';

/** All there is to know of the selected node; Escape closes it and gives the focus back to its card. */
export function Details({ model }: { model: BoardModel }) {
  const store = useStore();
  const { t, selected } = store;
  const id = selected.value;
  const node = id === null ? undefined : store.node(id).value;
  if (!node) return null;
  const plan = store.planFor(node.id);
  const report = store.report.value?.plans.find((each) => each.plan === plan);
  const close = (): void => {
    selected.value = null;
    focusSoon(`[data-node="${CSS.escape(node.id)}"]`);
  };
  return (
    <aside
      class="details"
      tabIndex={-1}
      aria-label={t('details.label', { title: node.title })}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        close();
      }}
    >
      <div class="details-head">
        <h2 dir="auto">{node.title}</h2>
        <Button look="icon" icon="close" label={t('details.close')} onPress={close} />
      </div>
      <Actions model={model} node={node} />
      <NodeFacts node={node} told={report?.problem?.code === node.note} />
      <Neighbours model={model} node={node} />
      <Divider />
      <Report node={node} />
    </aside>
  );
}

function Actions({ model, node }: { model: BoardModel; node: BoardNode }) {
  const store = useStore();
  const { t, busy } = store;
  const plan = store.planFor(node.id);
  const report = store.report.value?.plans.find((each) => each.plan === plan);
  const retry = canRetry(model.state, node.state);
  if (!retry && plan === undefined) return null;
  return (
    <div class="details-actions">
      {retry ? (
        <Button
          look="primary"
          icon="refresh"
          disabled={busy.value.has('retry')}
          onPress={() => store.command('retry')}
        >
          {t('details.retry')}
        </Button>
      ) : null}
      {plan === undefined ? null : (
        <Button icon="go-to-file" disabled={busy.value.has('plan')} onPress={() => store.openPlan(plan)}>
          {t('details.openPlan')}
        </Button>
      )}
      {report && report.files.length > 0 ? (
        <Button
          icon="diff-multiple"
          disabled={busy.value.has('review')}
          onPress={() => store.openReview(report.plan)}
        >
          {t('details.openChanges')}
        </Button>
      ) : null}
    </div>
  );
}

/** `told` where the note is said in full elsewhere in the pane. */
function NodeFacts({ node, told }: { node: BoardNode; told: boolean }) {
  const store = useStore();
  const time = (at: number): string =>
    new Date(at).toLocaleTimeString(document.documentElement.lang || undefined);
  return (
    <dl class="facts">
      <Row name="details.state">
        <StateLabel state={node.state} />
      </Row>
      {node.attempt > 0 ? <Row name="details.attempt">{node.attempt}</Row> : null}
      {node.startedAt === null ? null : (
        <Row name="details.started">
          <bdi>{time(node.startedAt)}</bdi>
        </Row>
      )}
      {node.endedAt === null ? null : (
        <Row name="details.ended">
          <bdi>{time(node.endedAt)}</bdi>
        </Row>
      )}
      {node.startedAt === null ? null : (
        <Row name="details.elapsed">
          <Elapsed node={node} />
        </Row>
      )}
      {node.note === '' || told ? null : (
        <Row name="details.note">
          <span dir="auto">{store.noteOf(node)}</span>
        </Row>
      )}
    </dl>
  );
}

function Neighbours({ model, node }: { model: BoardModel; node: BoardNode }) {
  const before = model.edges.filter(({ to }) => to === node.id).map(({ from }) => from);
  const after = model.edges.filter(({ from }) => from === node.id).map(({ to }) => to);
  return (
    <dl class="facts">
      <NodeLinks name="details.after" ids={before} />
      <NodeLinks name="details.before" ids={after} />
    </dl>
  );
}

function NodeLinks({ name, ids }: { name: StringKey; ids: readonly string[] }) {
  const store = useStore();
  if (ids.length === 0) return null;
  return (
    <Row name={name}>
      <ul class="links">
        {ids.slice(0, 50).map((id) => (
          <li key={id}>
            <Link
              onPress={() => {
                store.selected.value = id;
                focusSoon('.details');
              }}
            >
              <bdi>{store.model.value?.nodes.get(id)?.title ?? id}</bdi>
            </Link>
          </li>
        ))}
      </ul>
    </Row>
  );
}

function Report({ node }: { node: BoardNode }) {
  const store = useStore();
  const { t, report } = store;
  if (!report.value) {
    return (
      <p class="muted with-ring">
        <ProgressRing label={t('details.loadingReport')} />
        {t('details.loadingReport')}
      </p>
    );
  }
  const plan = store.planFor(node.id);
  const found = report.value.plans.find((each) => each.plan === plan);
  return found ? <PlanFacts report={found} /> : <p class="muted">{t('details.noReport')}</p>;
}

function Row({ name, children }: { name: StringKey; children: ComponentChildren }) {
  const { t } = useStore();
  return (
    <div class="fact-row">
      <dt>{t(name)}</dt>
      <dd>{children}</dd>
    </div>
  );
}
