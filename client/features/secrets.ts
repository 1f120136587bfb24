import * as vscode from 'vscode';
import type { Ctx } from '../ctx';
import type { Params } from '../session/types';

const prefix = 'symphony.key.';

/** Every API key of the editor's secret storage, to be handed to the sidecar’s memory. */
export async function storedKeys(ctx: Ctx): Promise<Params<'secretsProvide'>> {
  const { secrets } = ctx.extension;
  const names = (await secrets.keys()).filter((key) => key.startsWith(prefix));
  const keys = await Promise.all(
    names.map(async (name) => ({
      provider: name.slice(prefix.length),
      key: (await secrets.get(name)) ?? '',
    })),
  );
  return { keys };
}

/** *Set API Key…*: which provider, then the key, hidden. An empty key forgets the stored one. */
export async function setApiKey(ctx: Ctx, provider?: string): Promise<boolean> {
  const chosen = provider ?? (await chooseProvider(ctx));
  if (chosen === undefined) return false;
  const key = await vscode.window.showInputBox({
    title: vscode.l10n.t('API key for {provider}', { provider: chosen }),
    prompt: vscode.l10n.t(
      'It is kept in the editor’s secret storage. Leave it empty to forget the stored key.',
    ),
    password: true,
    ignoreFocusOut: true,
  });
  if (key === undefined) return false;
  const name = prefix + chosen;
  if (key.trim() === '') await ctx.extension.secrets.delete(name);
  else await ctx.extension.secrets.store(name, key.trim());
  await ctx.session?.call('secretsProvide', { keys: [{ provider: chosen, key: key.trim() }] });
  return key.trim() !== '';
}

async function chooseProvider(ctx: Ctx): Promise<string | undefined> {
  const { providers } = await ctx.call('modelsList', {});
  const items = providers
    .filter(({ state }) => state === 'ready' || state === 'needsKey')
    .map(({ name, label, state }) => ({
      name,
      label,
      description: state === 'needsKey' ? vscode.l10n.t('needs a key') : '',
    }));
  const placeHolder = vscode.l10n.t('Whose key?');
  return (await vscode.window.showQuickPick(items, { placeHolder }))?.name;
}
