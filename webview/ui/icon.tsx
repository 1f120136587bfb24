/** A codicon; always decoration beside text or a label, so it is hidden from screen readers. */
export function Icon({ name, spin, slot }: { name: string; spin?: boolean; slot?: string | undefined }) {
  return (
    <span
      class={`codicon codicon-${name}${spin === true ? ' codicon-modifier-spin' : ''}`}
      aria-hidden="true"
      {...(slot === undefined ? {} : { slot })}
    />
  );
}
