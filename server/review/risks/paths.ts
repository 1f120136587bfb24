import type { RiskFlag } from '../../../schemas/wire/risk';

/** Names and places of files that run by themselves, say what runs, or are made by machines. */
const table: readonly (readonly [RiskFlag, RegExp])[] = [
  // What editors, agents and shells take orders from.
  ['executableConfiguration', /(^|\/)\.(vscode|cursor|claude|idea|devcontainer|zed|windsurf|gemini|codex)\//],
  ['executableConfiguration', /\.code-workspace$/],
  [
    'executableConfiguration',
    /(^|\/)\.(mcp\.json|envrc|npmrc|yarnrc(\.yml)?|pnpmfile\.cjs|cursorrules|clinerules|windsurfrules|editorconfig|tool-versions|mise\.toml)$/,
  ],
  ['executableConfiguration', /(^|\/)(AGENTS|CLAUDE|GEMINI|copilot-instructions)\.md$/i],
  ['executableConfiguration', /(^|\/)\.(husky|githooks|git-hooks|lefthook)\//],
  ['executableConfiguration', /(^|\/)(hooks)\/(pre|post|commit|update|prepare|applypatch|push)[^/]*$/],
  ['executableConfiguration', /(^|\/)(lefthook\.ya?ml|\.pre-commit-config\.yaml|\.lintstagedrc[^/]*)$/],
  ['executableConfiguration', /(^|\/)\.git(attributes|modules|ignore|config)$/],
  [
    'executableConfiguration',
    /(^|\/)(GNUm|[Mm])akefile$|\.mk$|(^|\/)(Justfile|justfile|Taskfile\.ya?ml|Rakefile|Vagrantfile|CMakeLists\.txt)$/,
  ],
  [
    'executableConfiguration',
    /(^|\/)(Dockerfile|Containerfile)(\.[^/]*)?$|\.dockerfile$|(^|\/)(docker-)?compose(\.[^/]*)?\.ya?ml$/,
  ],
  [
    'executableConfiguration',
    /(^|\/)(setup\.py|setup\.cfg|conftest\.py|tox\.ini|noxfile\.py|build\.rs|build\.gradle(\.kts)?|settings\.gradle(\.kts)?|pom\.xml|Gemfile|\.rspec)$/,
  ],
  ['executableConfiguration', /(^|\/)[^/]*\.config\.(js|cjs|mjs|ts|cts|mts)$/],
  ['executableConfiguration', /(^|\/)\.cargo\/config(\.toml)?$/],
  ['script', /\.(sh|bash|zsh|fish|ps1|psm1|bat|cmd|command|csh|ksh)$/i],
  ['script', /(^|\/)(bin|scripts?)\/[^/]+$/],
  [
    'lockFile',
    /(^|\/)(package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|Cargo\.lock|Gemfile\.lock|composer\.lock|poetry\.lock|uv\.lock|pdm\.lock|Pipfile\.lock|go\.sum|flake\.lock|mix\.lock|pubspec\.lock|packages\.lock\.json|Podfile\.lock|deno\.lock|gradle\.lockfile)$/,
  ],
  ['ci', /(^|\/)\.github\/(workflows|actions)\//],
  [
    'ci',
    /(^|\/)(\.gitlab-ci\.yml|\.travis\.yml|appveyor\.yml|azure-pipelines[^/]*\.ya?ml|bitbucket-pipelines\.yml|Jenkinsfile|\.drone\.yml|cloudbuild\.ya?ml|\.woodpecker\.ya?ml|buildspec\.ya?ml)$/,
  ],
  ['ci', /(^|\/)\.(circleci|buildkite|gitlab|woodpecker|teamcity)\//],
  ['generated', /(^|\/)(dist|out|generated|__generated__|node_modules|vendor)\//],
  [
    'generated',
    /\.(min\.(js|css)|pb\.(go|cc|h)|g\.dart|designer\.cs|generated\.[a-z]+)$|_pb2(_grpc)?\.pyi?$/,
  ],
];

/** What the path of a file alone says. */
export const pathRisks = (path: string): RiskFlag[] => [
  ...new Set(table.filter(([, pattern]) => pattern.test(path)).map(([flag]) => flag)),
];

/** Whether people would call it a test. */
export const isTest = (path: string): boolean =>
  /(^|\/)(tests?|__tests__|specs?|e2e)\//i.test(path) ||
  /[._-](test|spec)s?\.[a-z]+$|(^|\/)test_[^/]+\.py$|_test\.(go|py|rb|exs|cc|cpp|dart)$|Tests?\.(java|kt|cs|swift|php)$/.test(
    path,
  );
