import { register } from './system';
import { vsCodeProgressRing } from '@vscode/webview-ui-toolkit';
import type { HTMLAttributes } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

register(vsCodeProgressRing());

declare module 'preact' {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- the way preact's types name elements
  namespace JSX {
    interface IntrinsicElements {
      'vscode-progress-ring': HTMLAttributes<HTMLElement>;
    }
  }
}

/** A ring that turns while something of unknown length goes on; `label` says what. */
export function ProgressRing({ label }: { label: string }) {
  const ring = useRef<HTMLElement>(null);
  // On connecting, the toolkit makes itself an alert named “Loading”; a calm, named progress is meant.
  useEffect(() => {
    ring.current?.setAttribute('role', 'progressbar');
    ring.current?.setAttribute('aria-label', label);
    ring.current?.removeAttribute('aria-live');
  }, [label]);
  return <vscode-progress-ring ref={ring} />;
}
