/** Types of code-server.mjs for the tests. */
export const codeServerVersion: string;
export const codeServer: { readonly entry: string; readonly server: string; readonly gated: string };
export function ensureCodeServer(): Promise<typeof codeServer>;
export function restoreGate(text: string, file: string): string;
