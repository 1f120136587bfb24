import type { modelsList } from '../../schemas/wire/models';
import type { ResultOf } from '../../schemas/define';
import { failed, ok, problem, type Clock, type Context, type Log, type Outcome, type Random } from '../base';
import { chatModel } from './chat';
import { builtIns, connect, load, type BuiltIn } from './providers';
import type { EditorModels, Model } from './types';

export type ProviderView = ResultOf<typeof modelsList>['providers'][number];

export interface GatewayOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Keys by provider name, kept in memory by whoever got them from the person. */
  readonly keys: () => ReadonlyMap<string, string>;
  /** The person's own providers (OpenAI-compatible); one named like a built-in moves that one's base URL. */
  readonly providers: () => readonly { readonly name: string; readonly baseUrl: string }[];
  readonly editor: EditorModels;
  /** Where the scripted model listens; undefined where it is not offered. */
  readonly scripted: () => Promise<{ readonly baseUrl: string; readonly key: string } | undefined>;
  /** The environment keys may come from (command line); empty when absent. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly fetch?: typeof globalThis.fetch;
  /** No byte for so long is a silent model; default two minutes. */
  readonly idleMs?: number;
  /** First pause before another try; default one second. */
  readonly firstPauseMs?: number;
}

export interface Gateway {
  /**
   * The model of `provider/name` (the name may hold slashes). Fails with `model.unknown` or
   * `model.noKey`; whether the provider has such a model shows when it is asked.
   */
  open(modelId: string): Outcome<Model>;
  /** Loads what the model's first request would wait for; asks nobody anything. */
  prepare(modelId: string): Promise<void>;
  /** All providers and what each still needs. */
  list(ctx: Context): Promise<ProviderView[]>;
}

export function createGateway(options: GatewayOptions): Gateway {
  const known = () => {
    const all = new Map<string, BuiltIn>(builtIns);
    for (const { name, baseUrl } of options.providers()) {
      const moved = all.get(name);
      all.set(
        name,
        moved === undefined
          ? { label: name, speaks: 'compatible', baseUrl, variable: null, models: [] }
          : { ...moved, baseUrl },
      );
    }
    return all;
  };
  const keyOf = (name: string, provider: BuiltIn): string | undefined => {
    const key = options.keys().get(name) || (provider.variable && options.env?.[provider.variable]);
    return key === undefined || key === null || key === '' ? undefined : key;
  };
  const common = {
    clock: options.clock,
    random: options.random,
    fetch: options.fetch ?? globalThis.fetch,
    idleMs: options.idleMs ?? 120_000,
    firstPauseMs: options.firstPauseMs ?? 1000,
  };

  return {
    open(modelId) {
      const slash = modelId.indexOf('/');
      const provider = modelId.slice(0, Math.max(0, slash));
      const name = modelId.slice(slash + 1);
      const providers = known();
      if (slash > 0 && name !== '' && provider === 'editor') return ok(editorModel(options.editor, name));
      if (modelId === 'scripted/sample') return ok(scriptedModel(options, common));
      const found = providers.get(provider);
      if (found === undefined || name === '') {
        const names = [...providers.keys(), 'editor'].map((each) => `${each}/…`).join(', ');
        return failed('model.unknown', { model: modelId, known: names });
      }
      if (found.variable !== null && keyOf(provider, found) === undefined)
        return failed('model.noKey', { provider: found.label, variable: found.variable });
      return ok(
        chatModel({
          ...common,
          provider,
          name,
          scripted: false,
          secret: () => keyOf(provider, found),
          connect: (fetch) =>
            connect(found.speaks, {
              provider,
              model: name,
              baseUrl: found.baseUrl,
              apiKey: keyOf(provider, found),
              fetch,
            }),
        }),
      );
    },

    async prepare(modelId) {
      const provider = modelId.slice(0, Math.max(0, modelId.indexOf('/')));
      if (provider === 'scripted') return load('compatible');
      const found = known().get(provider);
      if (found !== undefined) await load(found.speaks);
    },

    async list(ctx) {
      const views = [...known()].map(([name, provider]): ProviderView => ({
        name,
        label: provider.label,
        state: provider.variable === null || keyOf(name, provider) !== undefined ? 'ready' : 'needsKey',
        variable: provider.variable,
        models: [...provider.models],
      }));
      const models = await options.editor.list(ctx).catch(() => []);
      const editor: ProviderView = {
        name: 'editor',
        label: 'VS Code',
        state: models.length > 0 ? 'ready' : 'needsEditor',
        variable: null,
        models: models.map(({ id }) => id),
      };
      const scripted: ProviderView = {
        name: 'scripted',
        label: 'Scripted model',
        state: 'sampleOnly',
        variable: null,
        models: ['sample'],
      };
      return [...views, editor, scripted];
    },
  };
}

function editorModel(editor: EditorModels, name: string): Model {
  return {
    id: `editor/${name}`,
    scripted: false,
    chat: (ctx, request, onText) => editor.chat(ctx, name, request, onText),
  };
}

function scriptedModel(
  options: GatewayOptions,
  common: Pick<Parameters<typeof chatModel>[0], 'clock' | 'random' | 'fetch' | 'idleMs' | 'firstPauseMs'>,
): Model {
  let key: string | undefined;
  return chatModel({
    ...common,
    provider: 'scripted',
    name: 'sample',
    scripted: true,
    secret: () => key,
    connect: async (fetch) => {
      const place = await options.scripted();
      if (place === undefined) throw problem('model.scriptedUnknown', { detail: 'it is not offered here' });
      key = place.key;
      return connect('compatible', {
        provider: 'scripted',
        model: 'sample',
        baseUrl: place.baseUrl,
        apiKey: place.key,
        fetch,
      });
    },
  });
}
