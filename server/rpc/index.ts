/**
 * rpc: the sidecar's door. It listens, proves, serves each client a connection, and maps every request
 * to one function of the service.
 * Invariant: it decides nothing about runs, plans or files, and no client can end the process by going away.
 */
export { directRequests, type DirectService, type SidecarService, type ServiceStatus } from './service';
export { createEditorModels, type EditorModelRouter } from './editorModels';
export { startServer, type RunningServer, type ServerOptions, type StopReason } from './server';
