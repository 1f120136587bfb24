import type { ComponentChildren } from 'preact';

/** Text that leads somewhere within the page. A real button: the toolkit's link needs an address. */
export function Link({ children, onPress }: { children: ComponentChildren; onPress: () => void }) {
  return (
    <button type="button" class="link" onClick={onPress}>
      {children}
    </button>
  );
}
