/** Moves the focus to an element that the next drawing brings; does nothing when it does not come. */
export function focusSoon(selector: string): void {
  // Two frames: signals draw in a microtask, a component mounted by them in the frame after.
  requestAnimationFrame(() =>
    requestAnimationFrame(() =>
      document.querySelector<HTMLElement>(selector)?.focus({ preventScroll: true }),
    ),
  );
}
