import { useState } from 'preact/hooks';
import { Button, Link } from '../ui';
import { useStore } from './context';
import { Elapsed } from './elapsed';
import { focusSoon } from './focus';
import type { Layout } from './layout';
import { StateLabel } from './states';

/** Rows drawn at once; a table of ten thousand would be slow and nobody reads it. */
const page = 500;

/** The same run as a table: for screen readers, and for whoever likes lists. */
export function List({ layout }: { layout: Layout }) {
  const { t } = useStore();
  const [limit, setLimit] = useState(page);
  const ids = layout.layers.flat();
  const before = new Map<string, string[]>();
  for (const { from, to } of layout.routes) before.set(to, [...(before.get(to) ?? []), from]);
  return (
    <div class="list" tabIndex={0} role="region" aria-label={t('list.label')}>
      <table aria-label={t('list.label')}>
        <thead>
          <tr>
            <th scope="col">{t('list.step')}</th>
            <th scope="col">{t('list.state')}</th>
            <th scope="col" class="optional number">
              {t('list.attempt')}
            </th>
            <th scope="col" class="number">
              {t('list.time')}
            </th>
            <th scope="col" class="optional">
              {t('list.after')}
            </th>
            <th scope="col" class="optional">
              {t('list.note')}
            </th>
          </tr>
        </thead>
        <tbody>
          {ids.slice(0, limit).map((id) => (
            <Row key={id} id={id} after={before.get(id)} />
          ))}
        </tbody>
      </table>
      {ids.length > limit ? (
        <Button onPress={() => setLimit(limit + page)}>
          {t('list.more', { count: Math.min(page, ids.length - limit) })}
        </Button>
      ) : null}
    </div>
  );
}

function Row({ id, after = [] }: { id: string; after: readonly string[] | undefined }) {
  const store = useStore();
  const { selected } = store;
  const node = store.node(id).value;
  if (!node) return null;
  const afterText = after.map((before) => store.node(before).value?.title ?? before).join(', ');
  return (
    <tr class={`is-${node.state}`} {...(selected.value === id ? { 'aria-current': 'true' } : {})}>
      <th scope="row" data-node={id} tabIndex={-1} dir="auto">
        <Link
          onPress={() => {
            selected.value = id;
            focusSoon('.details');
          }}
        >
          {node.title}
        </Link>
      </th>
      <td>
        <StateLabel state={node.state} />
      </td>
      <td class="optional number">{node.attempt > 0 ? node.attempt : ''}</td>
      <td class="number">
        <Elapsed node={node} />
      </td>
      <td class="optional muted note" dir="auto" title={afterText}>
        {afterText}
      </td>
      <td class="optional muted note" dir="auto" title={store.noteOf(node)}>
        {store.noteOf(node)}
      </td>
    </tr>
  );
}
