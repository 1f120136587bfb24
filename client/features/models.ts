import * as vscode from 'vscode';
import type { Ctx } from '../ctx';
import type { Result } from '../session/types';
import { setApiKey } from './secrets';

type Provider = Result<'modelsList'>['providers'][number];
type ModelItem = vscode.QuickPickItem & { readonly provider?: Provider; readonly model?: string };

/** *Choose Model…*: every model that can be had, and what each provider still needs. Resolves to the model chosen. */
export async function chooseModel(ctx: Ctx): Promise<string | undefined> {
  const { chosen, providers } = await ctx.call('modelsList', {});
  const picked = await vscode.window.showQuickPick(
    providers.flatMap((provider) => itemsOf(provider, chosen)),
    {
      title: vscode.l10n.t('Model for agents'),
      placeHolder: vscode.l10n.t('Choose the model agents work with'),
      matchOnDescription: true,
    },
  );
  const { provider } = picked ?? {};
  if (!picked || !provider) return undefined;
  const name = picked.model ?? (await askName(provider));
  if (name === undefined) return undefined;
  if (provider.state === 'needsKey' && !(await setApiKey(ctx, provider.name))) return undefined;
  const model = `${provider.name}/${name}`;
  await vscode.workspace
    .getConfiguration('symphony')
    .update('model', model, vscode.ConfigurationTarget.Global);
  return model;
}

function itemsOf(provider: Provider, chosen: string | null): ModelItem[] {
  if (provider.state === 'sampleOnly') return [];
  const description = needs(provider);
  const named = provider.models.map((model): ModelItem => {
    const current = `${provider.name}/${model}` === chosen;
    return {
      label: current ? `$(check) ${model}` : model,
      description: [current ? vscode.l10n.t('chosen') : '', description]
        .filter((text) => text !== '')
        .join(' · '),
      provider,
      model,
    };
  });
  const other: ModelItem = {
    label: vscode.l10n.t('Another model of {provider}…', { provider: provider.label }),
    description,
    provider,
  };
  const heading: ModelItem = { label: provider.label, kind: vscode.QuickPickItemKind.Separator };
  return [
    heading,
    ...named,
    ...(provider.state === 'needsEditor' || provider.name === 'editor' ? [] : [other]),
  ];
}

function needs(provider: Provider): string {
  if (provider.state === 'needsKey') return vscode.l10n.t('needs a key');
  return provider.state === 'needsEditor' ? vscode.l10n.t('needs an editor window') : '';
}

function askName(provider: Provider): Thenable<string | undefined> {
  return vscode.window.showInputBox({
    title: vscode.l10n.t('Model of {provider}', { provider: provider.label }),
    prompt: vscode.l10n.t('The name as the provider writes it'),
    validateInput: (text) => (text.trim() === '' ? vscode.l10n.t('A name is needed.') : undefined),
  });
}

/** Keeps the `symphony.noModel` context true while no model is chosen, for the welcome view. */
export function watchModel(ctx: Ctx): void {
  const tell = async () => {
    const none = !(await hasModel(ctx));
    await vscode.commands.executeCommand('setContext', 'symphony.noModel', none);
  };
  const tellSafely = () => void tell().catch((thrown: unknown) => ctx.explain(thrown));
  const provide = async () => {
    await ctx.session?.provide();
    await tell();
  };
  tellSafely();
  ctx.add(ctx.onSession((session) => ctx.add(session.onReady(tellSafely))));
  ctx.add(
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('symphony')) provide().catch((thrown: unknown) => ctx.explain(thrown));
    }),
  );
}

/** The sidecar knows best, for the sample brings a model of its own; without one the setting has to do. */
async function hasModel(ctx: Ctx): Promise<boolean> {
  if (ctx.session?.state.kind === 'ready') return (await ctx.session.call('modelsList', {})).chosen !== null;
  return vscode.workspace.getConfiguration('symphony').get<string>('model', '').trim() !== '';
}
