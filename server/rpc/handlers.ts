import { shouldAskHandOver } from '../../schemas/link';
import type { Build, RecordedEvent } from '../../schemas';
import type { Handlers } from './dispatch';
import { directRequests, type DirectService, type SidecarService } from './service';
import type { ClientSession } from './session';

/** What the server knows of itself and lets handlers do. */
export interface Host {
  readonly build: Build;
  readonly epoch: string;
  readonly startedAt: number;
  readonly pid: number;
  clients(): number;
  rssBytes(): number;
  /** Ends the sidecar soon, after the answer has left. */
  stopSoon(reason: 'asked' | 'handedOver'): void;
}

/** The answers to every request of one client. */
export function createHandlers(service: SidecarService, host: Host, session: ClientSession): Handlers {
  return {
    ...direct(service),

    async sessionOpen(_ctx, { languageModels }) {
      if (languageModels) session.offerModels();
      const position = service.position();
      session.whenSent(() => session.feed.start(position));
      return {
        workspace: service.workspace,
        root: service.root,
        epoch: host.epoch,
        build: host.build,
        position,
      };
    },

    async sidecarStatus(ctx) {
      const { build, epoch, startedAt, pid } = host;
      const known = { pid, build, epoch, startedAt, clients: host.clients(), rssBytes: host.rssBytes() };
      return { ...known, ...(await service.status(ctx)) };
    },

    async sidecarHandOver(_ctx, { build }) {
      if (!shouldAskHandOver(build, host.build)) return { accepted: false, reason: 'notNewer' };
      if (service.busy()) return { accepted: false, reason: 'working' };
      if (host.clients() > 1) return { accepted: false, reason: 'attached' };
      session.whenSent(() => host.stopSoon('handedOver'));
      return { accepted: true, reason: 'ending' };
    },

    async sidecarStop() {
      session.whenSent(() => host.stopSoon('asked'));
      return {};
    },

    async eventsSince(_ctx, { position, limit }) {
      const events: readonly RecordedEvent[] = service.eventsSince(position, limit + 1);
      return { events: events.slice(0, limit), more: events.length > limit };
    },

    async secretsProvide(ctx, params) {
      await service.provideSecrets(ctx, params);
      return {};
    },

    async settingsProvide(ctx, params) {
      await service.provideSettings(ctx, params);
      return {};
    },

    boardSnapshot: (ctx, { run }) =>
      session.board.snapshot(
        run,
        () => service.board(ctx, run),
        (then) => session.whenSent(then),
      ),

    modelsList: (ctx) => service.models(ctx),
    planningShow: (ctx) => service.planning(ctx),
    runPreview: (ctx, { phase }) => service.preview(ctx, phase),
    runExecute: async (ctx, params) => ({ run: await service.execute(ctx, params) }),
    runAsk: async (ctx, params) => ({ run: await service.ask(ctx, params) }),
    runList: async (ctx) => ({ runs: await service.runs(ctx) }),
    runShow: (ctx, { run }) => service.run(ctx, run),
    runCommand: async (ctx, params) => ({ state: await service.command(ctx, params) }),
    runAnswer: async (ctx, params) => ({ state: await service.answer(ctx, params) }),
    reviewList: async (ctx, { open }) => ({ changesets: await service.changesets(ctx, open) }),
    reviewContent: async (ctx, { hash }) => ({
      base64: Buffer.from(await service.content(ctx, hash)).toString('base64'),
    }),
    reviewDecide: async (ctx, params) => ({ files: await service.decide(ctx, params) }),
    doctorCheck: async (ctx) => ({ findings: await service.check(ctx) }),
    doctorExport: async (ctx) => ({ path: await service.exportReport(ctx) }),
  };
}

/** Handlers of the requests that need nothing but the service. */
function direct(service: SidecarService): DirectService {
  const handlers: Record<string, unknown> = {};
  for (const name of directRequests)
    handlers[name] = (...args: Parameters<DirectService[typeof name]>) =>
      (service[name] as (...given: unknown[]) => unknown)(...args);
  return handlers as unknown as DirectService;
}
