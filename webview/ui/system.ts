import './nonce';
import { provideVSCodeDesignSystem } from '@vscode/webview-ui-toolkit';

/** Registers a custom element of the toolkit; each file of this folder does so for its own. */
export function register(
  ...element: Parameters<ReturnType<typeof provideVSCodeDesignSystem>['register']>
): void {
  provideVSCodeDesignSystem().register(...element);
}
