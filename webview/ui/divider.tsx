import { register } from './system';
import { vsCodeDivider } from '@vscode/webview-ui-toolkit';
import type { HTMLAttributes } from 'preact';

register(vsCodeDivider());

declare module 'preact' {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- the way preact's types name elements
  namespace JSX {
    interface IntrinsicElements {
      'vscode-divider': HTMLAttributes<HTMLElement>;
    }
  }
}

/** A line between groups that belong together less than their members do. */
export function Divider() {
  return <vscode-divider />;
}
