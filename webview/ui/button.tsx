import { register } from './system';
import { vsCodeButton } from '@vscode/webview-ui-toolkit';
import type { ComponentChildren, HTMLAttributes } from 'preact';
import { Icon } from './icon';

register(vsCodeButton());

declare module 'preact' {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- the way preact's types name elements
  namespace JSX {
    interface IntrinsicElements {
      'vscode-button': HTMLAttributes<HTMLElement> & {
        appearance?: string;
        disabled?: boolean;
      };
    }
  }
}

export interface ButtonProps {
  readonly children?: ComponentChildren;
  readonly look?: 'primary' | 'secondary' | 'icon';
  /** A codicon before the text, or alone with `label`. */
  readonly icon?: string;
  /** The name of a button that shows an icon alone, and its tooltip. */
  readonly label?: string;
  /** A tooltip beside visible text. */
  readonly hint?: string;
  readonly disabled?: boolean;
  readonly onPress: () => void;
}

/** A push button. Pressing it by mouse, Enter or Space calls `onPress`. */
export function Button({ children, look = 'secondary', icon, label, hint, disabled, onPress }: ButtonProps) {
  const title = hint ?? label;
  return (
    <vscode-button
      appearance={look}
      {...(label === undefined ? {} : { 'aria-label': label })}
      {...(title === undefined ? {} : { title })}
      disabled={disabled === true}
      onClick={() => {
        if (disabled !== true) onPress();
      }}
    >
      {icon === undefined ? null : <Icon name={icon} slot={children === undefined ? undefined : 'start'} />}
      {children}
    </vscode-button>
  );
}
