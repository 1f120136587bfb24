import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const nondeterminism = [
  {
    object: 'Date',
    property: 'now',
    message: 'Take a Clock; time is injected so that crashes can be replayed.',
  },
  { object: 'Math', property: 'random', message: 'Take a Random; randomness is injected.' },
];

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'out/',
      '.tsbuild/',
      'node_modules/',
      'sample/',
      'test/fixtures/',
      'schemas/generated/',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.recommended],
    languageOptions: {
      parserOptions: {
        project: [
          'tsconfig/pure.json',
          'tsconfig/node.json',
          'tsconfig/client.json',
          'tsconfig/webview.json',
          'tsconfig/test.json',
        ],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      eqeqeq: 'error',
    },
  },
  {
    files: ['server/**/*.ts', 'simulation/**/*.ts'],
    ignores: ['server/base/node/**'],
    rules: { 'no-restricted-properties': ['error', ...nondeterminism] },
  },
  {
    files: ['server/{agents,runs,controls}/**/*.ts', 'server/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'SpreadElement[argument.name=/^(ctx|node|context)$/]',
          message:
            'A context makes its signal and log when they are asked for, and a spread does not ask: name the members.',
        },
      ],
    },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        Buffer: 'readonly',
        fetch: 'readonly',
        performance: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        AbortController: 'readonly',
      },
    },
  },
);
