import type { ComponentChildren } from 'preact';
import { sentencesOf, type ShownProblem } from '../strings';
import { Button, Icon, ProgressRing } from '../ui';
import { useStore } from './context';
import { Details } from './details';
import { Graph } from './graph';
import { List } from './list';
import { Questions } from './questions';
import { Toolbar } from './toolbar';

/** The whole page. */
export function Board() {
  const { announcement, t, notice } = useStore();
  return (
    <>
      <main class="board">
        <Connection />
        {notice.value ? <Notice problem={notice.value} /> : null}
        <Content />
      </main>
      <div class="visually-hidden" role="status" aria-live="polite" aria-label={t('toolbar.label')}>
        {announcement.value}
      </div>
    </>
  );
}

function Content() {
  const store = useStore();
  const { t, phase, model, layout, view, connected } = store;
  const again = (
    <Button look="primary" onPress={() => store.retryNow()}>
      {t('page.tryAgain')}
    </Button>
  );
  switch (phase.value) {
    case 'noRun':
      return <Message icon="run-all" title={t('page.noRun')} help={t('page.noRunHelp')} />;
    case 'error': {
      const { message, fix } = sentencesOf(
        store.strings.value,
        store.problem.value ?? { code: '', args: {} },
      );
      return (
        <Message icon="error" title={message || t('page.error')} help={fix || t('page.errorHelp')}>
          {again}
        </Message>
      );
    }
    case 'loading':
      if (!connected.value) return null;
      return (
        <div class="message" aria-busy="true">
          <ProgressRing label={t('page.loading')} />
          <p class="muted">{store.title.value || t('page.loading')}</p>
        </div>
      );
    case 'ready': {
      if (!model.value || !layout.value) return null;
      const empty = model.value.nodes.size === 0;
      return (
        <>
          <Toolbar model={model.value} />
          <Questions />
          {empty ? (
            <Message icon="circle-outline" title={t('page.empty')} help={t('page.emptyHelp')} />
          ) : (
            <div class="panes">
              {view.value === 'graph' ? <Graph layout={layout.value} /> : <List layout={layout.value} />}
              <Details model={model.value} />
            </div>
          )}
        </>
      );
    }
  }
}

/** Says that the host does not answer: alone on the page, or above what was last known. */
function Connection() {
  const store = useStore();
  const { t, connected, model, problem, strings } = store;
  if (connected.value) return null;
  const said = problem.value && sentencesOf(strings.value, problem.value);
  const message = said?.message ?? t('page.disconnected');
  const help = said?.fix || t('page.disconnectedHelp');
  const again = <Button onPress={() => store.retryNow()}>{t('page.tryAgain')}</Button>;
  if (!model.value) {
    return (
      <Message icon="debug-disconnect" title={message} help={help}>
        {again}
      </Message>
    );
  }
  return (
    <div class="banner is-waiting" role="alert">
      <Icon name="debug-disconnect" />
      <div class="banner-text">
        <p>{message}</p>
        <p class="muted">{help}</p>
      </div>
      {again}
    </div>
  );
}

function Notice({ problem }: { problem: ShownProblem }) {
  const { t, notice, strings } = useStore();
  const { message, fix } = sentencesOf(strings.value, problem);
  return (
    <div class="banner is-failed" role="alert">
      <Icon name="error" />
      <div class="banner-text" dir="auto">
        <p>{message || t('page.commandFailed')}</p>
        {fix === '' ? null : <p class="muted">{fix}</p>}
      </div>
      <Button look="icon" icon="close" label={t('page.dismiss')} onPress={() => (notice.value = null)} />
    </div>
  );
}

interface MessageProps {
  readonly icon: string;
  readonly title: string;
  readonly help: string;
  readonly children?: ComponentChildren;
}

function Message({ icon, title, help, children }: MessageProps) {
  return (
    <div class="message">
      <Icon name={icon} />
      <h1 dir="auto">{title}</h1>
      <p class="muted" dir="auto">
        {help}
      </p>
      {children}
    </div>
  );
}
