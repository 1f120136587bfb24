import { Button } from '../ui';
import { useStore } from './context';
import type { ReviewKey } from './strings';

const keys: readonly (readonly [string, ReviewKey])[] = [
  ['↑ ↓ J K', 'keys.move'],
  ['Y', 'keys.keep'],
  ['N', 'keys.drop'],
  ['U', 'keys.undo'],
  ['R', 'keys.again'],
  ['M', 'keys.mark'],
  ['↵', 'keys.open'],
  ['/', 'keys.filter'],
];

/** What each key does. */
export function Keys() {
  const { t, showsKeys } = useStore();
  return (
    <section class="keys" aria-label={t('toolbar.keys')}>
      <dl>
        {keys.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{t(what)}</dd>
          </div>
        ))}
      </dl>
      <Button look="icon" icon="close" label={t('keys.close')} onPress={() => (showsKeys.value = false)} />
    </section>
  );
}
