/**
 * The test harness: a real VS Code (code-server from npm, proposed API refused as in stock) in a headless
 * Chromium, for programs inside the extension host and for a person's clicks outside.
 * Invariant: whatever was started belongs to a temporary folder and ends with it.
 */
export { runInHost, type InHostOptions, type InHostResult } from './inHost';
export { openWorkbench, Workbench, type WorkbenchOptions } from './workbench';
export { startServer, freePort, repository, type Server, type ServerOptions } from './server';
export { processesOf, endAll } from './processes';
