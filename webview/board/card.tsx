import { useStore } from './context';
import { Elapsed } from './elapsed';
import type { Placed } from './layout';
import { StateIcon, stateKey } from './states';

export interface CardProps {
  readonly place: Placed;
  /** The one card that Tab reaches; arrow keys move it. */
  readonly active: boolean;
  readonly selected: boolean;
  readonly asks: boolean;
  /** Titles of the cards it waits for, for those who cannot see the edges. */
  readonly after: readonly string[];
}

/** One node of the run. Its events are handled by the graph around it, by `data-node`. */
export function Card({ place, active, selected, asks, after }: CardProps) {
  const store = useStore();
  const { t } = store;
  const node = store.node(place.id).value;
  if (!node) return null;
  const compact = place.height < 80;
  const asking = asks || node.state === 'waiting';
  return (
    <button
      type="button"
      class={`card is-${node.state}${compact ? ' compact' : ''}${selected ? ' selected' : ''}${asking ? ' asks' : ''}`}
      data-node={place.id}
      tabIndex={active ? 0 : -1}
      aria-expanded={selected}
      title={node.title}
      style={{
        transform: `translate(${place.x}px, ${place.y}px)`,
        width: `${place.width}px`,
        height: `${place.height}px`,
      }}
    >
      <span class="card-title" dir="auto">
        {node.title}
      </span>
      {compact ? null : (
        <span class="card-note" dir="auto">
          {store.noteOf(node)}
        </span>
      )}
      <span class="card-meta">
        <StateIcon state={node.state} />
        <span class="card-state">{t(stateKey(node.state))}</span>
        {node.attempt > 1 ? (
          <span class="card-attempt" title={t('card.attempt', { attempt: node.attempt })}>
            <span aria-hidden="true">×{node.attempt}</span>
            <span class="visually-hidden">{t('card.attempt', { attempt: node.attempt })}</span>
          </span>
        ) : null}
        <Elapsed node={node} />
      </span>
      {asks ? <span class="visually-hidden">{t('card.asks')}</span> : null}
      {after.length > 0 ? (
        <span class="visually-hidden">{t('card.after', { titles: after.join(', ') })}</span>
      ) : null}
      {asking ? <span class="card-question codicon codicon-comment-discussion" aria-hidden="true" /> : null}
      {node.state === 'running' ? <span class="card-activity" /> : null}
    </button>
  );
}
