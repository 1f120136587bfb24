import { register } from './system';
import { vsCodeBadge } from '@vscode/webview-ui-toolkit';
import type { HTMLAttributes } from 'preact';

register(vsCodeBadge());

declare module 'preact' {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- the way preact's types name elements
  namespace JSX {
    interface IntrinsicElements {
      'vscode-badge': HTMLAttributes<HTMLElement>;
    }
  }
}

/** A small count beside a heading. */
export function Badge({ count }: { count: number }) {
  return <vscode-badge>{count}</vscode-badge>;
}
