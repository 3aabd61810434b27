import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const SPECS = ['**/*.spec.ts', '**/*.spec.tsx', '**/testing/**', '**/contract/**', 'libs/testing/**', 'apps/web/test/**'];

/** Text from a person never reaches a shell: programs are started by execFile, spawn or fork with a list of arguments. */
const NO_SHELL = [
  { selector: "Property[key.name='shell']:not([value.value=false])", message: 'No shell: pass the program and its arguments as a list.' },
  { selector: "CallExpression[callee.property.name=/^exec(Sync)?$/][callee.object.name=/^(child_process|childProcess|cp)$/]", message: 'No shell: use execFile, spawn or fork.' },
];

const NO_SHELL_IMPORTS = ['node:child_process', 'child_process'].map((name) => ({ name, importNames: ['exec', 'execSync'], message: 'No shell: use execFile, spawn or fork.' }));

const ROOMS = [{ regex: '^(\\.\\./)+(libs|sandbox)/', message: 'Another room is imported by its name, such as #domain/… or #config/….' }];

/** What is decided or replayed may not depend on when or where it runs. */
const NO_CLOCK = [
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'No clock here: take the instant as an argument.' },
  { selector: "CallExpression[callee.name='Date']", message: 'No clock here: take the instant as an argument.' },
];
const NO_CLOCK_PROPERTIES = [
  { object: 'Date', property: 'now', message: 'No clock here: take the instant as an argument.' },
  { object: 'Math', property: 'random', message: 'No chance here: take what is random as an argument.' },
  { object: 'crypto', property: 'randomUUID', message: 'No chance here: take the id as an argument.' },
  { object: 'performance', property: 'now', message: 'No clock here: take the instant as an argument.' },
];
const NO_ENVIRONMENT = [{ object: 'process', property: 'env', message: 'libs/config is the one reader of the environment: take the value as an argument.' }];

/** A rule that is switched off says why, on the same line. */
const reasons = {
  rules: {
    'disable-says-why': {
      meta: { type: 'suggestion', schema: [] },
      create: (context) => ({
        Program() {
          for (const comment of context.sourceCode.getAllComments()) {
            if (/^\s*eslint-disable/.test(comment.value) && !/\s--\s+\S{3,}/.test(comment.value)) {
              context.report({ loc: comment.loc, message: 'Say why the rule is switched off: // eslint-disable-next-line <rule> -- <reason>' });
            }
          }
        },
      }),
    },
  },
};

export default tseslint.config(
  { ignores: ['**/node_modules/', '**/dist/', '.clawkeep/', 'histories/', 'test-results/', 'playwright-report/', '**/*.generated.ts', '**/generated/**', '**/*.gen.ts', 'apps/web/public/'] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    plugins: { clawkeep: reasons },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      // The compiler knows what exists.
      'no-undef': 'off',
      'clawkeep/disable-says-why': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Controllers and entities are classes by their decorators alone, and a `{}` type says what it says.
      '@typescript-eslint/no-extraneous-class': 'off',
      'no-control-regex': 'off',
      'no-regex-spaces': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-eval': 'error',
      'no-implied-eval': 'error',
      'no-new-func': 'error',
      'no-restricted-syntax': ['error', ...NO_SHELL],
      'no-restricted-imports': ['error', { paths: NO_SHELL_IMPORTS }],
    },
  },
  {
    name: 'the environment is read by libs/config alone',
    files: ['apps/{api,worker,gateway}/**/*.ts', 'libs/**/*.ts'],
    ignores: ['libs/config/**', ...SPECS],
    rules: {
      'no-restricted-properties': ['error', ...NO_ENVIRONMENT],
      'no-restricted-imports': ['error', { paths: NO_SHELL_IMPORTS, patterns: ROOMS }],
    },
  },
  {
    name: 'decisions and workflows have no clock and no chance',
    files: ['libs/domain/**/*.ts', 'libs/workflows/**/*.ts'],
    ignores: SPECS,
    rules: {
      'no-restricted-properties': ['error', ...NO_ENVIRONMENT, ...NO_CLOCK_PROPERTIES],
      'no-restricted-syntax': ['error', ...NO_SHELL, ...NO_CLOCK],
    },
  },
  {
    name: 'every word of the dashboard is translated',
    files: ['apps/web/src/**/*.tsx'],
    ignores: SPECS,
    rules: { 'no-restricted-syntax': ['error', ...NO_SHELL, { selector: 'JSXText[value=/[A-Za-z]{3,}/]:not([value=/^\\s*Clawkeep\\s*$/])', message: 'Words go into apps/web messages, in every language.' }] },
  },
);
