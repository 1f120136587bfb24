import { strict as assert } from 'node:assert';
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { commandIds, innerCommandIds } from '../../client/features/commandIds';

interface MenuEntry {
  readonly command?: string;
  readonly submenu?: string;
  readonly when?: string;
}

interface Manifest {
  readonly engines: { readonly vscode: string };
  readonly icon: string;
  readonly main: string;
  readonly activationEvents: readonly string[];
  readonly enabledApiProposals?: unknown;
  readonly capabilities: {
    readonly untrustedWorkspaces: {
      readonly supported: unknown;
      readonly restrictedConfigurations: readonly string[];
    };
    readonly virtualWorkspaces: { readonly supported: unknown; readonly description: string };
  };
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly contributes: {
    readonly commands: readonly {
      readonly command: string;
      readonly category?: string;
      readonly enablement?: string;
    }[];
    readonly menus: Readonly<Record<string, readonly MenuEntry[]>>;
    readonly keybindings?: readonly { readonly key: string; readonly when?: string }[];
    readonly views: Readonly<Record<string, readonly { readonly id: string; readonly icon: string }[]>>;
    readonly viewsWelcome: readonly {
      readonly view: string;
      readonly contents: string;
      readonly when: string;
    }[];
    readonly configuration: {
      readonly properties: Readonly<Record<string, { scope: string; default: unknown }>>;
    };
    readonly walkthroughs: readonly {
      id: string;
      steps: readonly { media: { svg?: string; image?: string; markdown?: string } }[];
    }[];
  };
}

const root = path.resolve(__dirname, '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const manifest = JSON.parse(read('package.json')) as Manifest;
const { contributes } = manifest;
const settings = contributes.configuration.properties;
const contributed = contributes.commands.map(({ command }) => command);
const sources = globSync('client/**/*.ts', { cwd: root }).map((file) => read(file));

/** Menus of the stable API that are used here; the diff editor's and multi-diff editor's own are proposed. */
const stableMenus = new Set([
  'commandPalette',
  'view/title',
  'view/item/context',
  'editor/context',
  'explorer/context',
  'editor/title',
  'webview/context',
  'editor/lineNumber/context',
  'scm/change/title',
  'scm/title',
  'scm/resourceGroup/context',
  'scm/resourceState/context',
  'comments/commentThread/context',
  'comments/commentThread/title',
]);

describe('the manifest', () => {
  it('contributes exactly the commands of the table', () => {
    assert.deepEqual([...contributed].sort(), [...commandIds].sort());
  });

  it('names in menus only commands it contributes, and uses them all', () => {
    const named = Object.values(contributes.menus).flatMap((entries) =>
      entries.map(({ command }) => command),
    );
    assert.deepEqual(
      named.filter((command) => !contributed.includes(command ?? '')),
      [],
    );
  });

  it('uses menus of the stable API alone', () => {
    assert.deepEqual(
      Object.keys(contributes.menus).filter((menu) => !stableMenus.has(menu)),
      [],
    );
    assert.equal(manifest.enabledApiProposals, undefined);
  });

  it('gives every command the category and hides those that need a row', () => {
    for (const { command, category } of contributes.commands)
      assert.equal(category, '%command.category%', command);
    const hidden = contributes.menus.commandPalette?.filter(({ when }) => when === 'false') ?? [];
    assert.ok(hidden.some(({ command }) => command === 'symphony.openChange'));
  });

  it('enables what runs something in trusted windows only', () => {
    const free = new Set(['symphony.showLog', 'symphony.getStarted', 'symphony.refresh']);
    for (const { command, enablement } of contributes.commands) {
      if (!free.has(command)) assert.match(enablement ?? '', /isWorkspaceTrusted/, command);
    }
  });

  it('activates by view, command, plan, and what is restored of our own', () => {
    const own = /^(workspaceContains:\.planning|onWebviewPanel:symphony\.\w+|onFileSystem:symphony-\w+)$/;
    assert.deepEqual(
      manifest.activationEvents.filter((event) => !own.test(event)),
      [],
    );
  });

  it('asks for the editor whose types it is compiled against', () => {
    const types = JSON.parse(read('node_modules/@types/vscode/package.json')) as { version: string };
    const [, major, minor] = /^\^(\d+)\.(\d+)\.0$/.exec(manifest.engines.vscode) ?? [];
    assert.equal(manifest.devDependencies['@types/vscode'], `~${major}.${minor}.0`);
    assert.ok(types.version.startsWith(`${major}.${minor}.`), types.version);
  });

  it('lets no workspace decide: settings belong to the user or the machine', () => {
    for (const [name, { scope }] of Object.entries(settings))
      assert.match(scope, /^(application|machine)$/, name);
    const { untrustedWorkspaces, virtualWorkspaces } = manifest.capabilities;
    assert.equal(untrustedWorkspaces.supported, 'limited');
    assert.deepEqual([...untrustedWorkspaces.restrictedConfigurations].sort(), Object.keys(settings).sort());
    assert.equal(virtualWorkspaces.supported, false);
  });

  it('declares every setting the client reads', () => {
    const keys = sources.flatMap((text) =>
      [...text.matchAll(/\.get(?:<[^>]*>)?\(\s*'([\w.]+)'/g)].map((match) => `symphony.${match[1]}`),
    );
    assert.ok(keys.length > 3);
    assert.deepEqual(
      keys.filter((key) => !(key in settings)),
      [],
    );
  });

  it('gives limits the same defaults as the client', () => {
    const bounds = [
      ...read('client/features/settings.ts').matchAll(/(\w+): \{ least: .*? usual: ([\d_.]+)/g),
    ];
    assert.equal(bounds.length, 7);
    for (const [, name, usual] of bounds) {
      assert.equal(settings[`symphony.limits.${name}`]?.default, Number(usual?.replaceAll('_', '')), name);
    }
  });

  it('welcomes people in every empty state', () => {
    const states = [
      'workspaceFolderCount == 0',
      '!isWorkspaceTrusted',
      'blocked == notGit',
      'planning == absent',
      'noModel',
    ];
    for (const state of states) {
      assert.ok(
        contributes.viewsWelcome.some(({ when }) => when.includes(state)),
        state,
      );
    }
    const views = Object.values(contributes.views)
      .flat()
      .map(({ id }) => id);
    assert.deepEqual(
      contributes.viewsWelcome.filter(({ view }) => !views.includes(view)),
      [],
    );
  });

  it('links in texts only to commands that exist', () => {
    const nls = read('package.nls.json');
    const builtIn = /^(workbench\.|git\.|symphony\.(plan|runs|changes)\.focus$)/;
    const linked = [...nls.matchAll(/command:([\w.]+)/g)].map((match) => match[1]!);
    assert.ok(linked.length > 5);
    assert.deepEqual(
      linked.filter((command) => !builtIn.test(command) && !contributed.includes(command)),
      [],
    );
  });

  it('runs only commands of its own that exist', () => {
    const views = Object.values(contributes.views)
      .flat()
      .map(({ id }) => `${id}.focus`);
    const known = new Set<string>([...contributed, ...innerCommandIds, ...views]);
    const ran = sources.flatMap((text) => [
      ...[...text.matchAll(/executeCommand\(\s*'(symphony\.[\w.]+)'/g)].map((match) => match[1]!),
      ...[...text.matchAll(/command: '(symphony\.[\w.]+)'/g)].map((match) => match[1]!),
    ]);
    assert.ok(ran.length > 5);
    assert.deepEqual(
      ran.filter((command) => !known.has(command)),
      [],
    );
  });

  it('names pictures that exist', () => {
    const pictures = [
      manifest.icon,
      ...Object.values(contributes.views)
        .flat()
        .map(({ icon }) => icon),
      ...contributes.walkthroughs.flatMap(({ steps }) =>
        steps.map(({ media }) => media.svg ?? media.image ?? media.markdown ?? ''),
      ),
    ];
    assert.deepEqual(
      pictures.filter((file) => !existsSync(path.join(root, file))),
      [],
    );
    assert.equal(contributes.walkthroughs.length, 1);
    assert.equal(contributes.walkthroughs[0]?.steps.length, 4);
  });

  it('contributes no keybinding that could shadow one of the editor', () => {
    // Keys of our own views, and of documents under review, are ours; everywhere else they are the person’s.
    for (const { key, when } of contributes.keybindings ?? [])
      assert.match(
        when ?? '',
        /^(focusedView == symphony\.\w+|symphony\.review\.active && editorTextFocus)$/,
        key,
      );
  });
});
