import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';

export default ts.config(
  { ignores: ['dist', 'node_modules', 'src/wire/generated'] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs['flat/recommended'],
  { languageOptions: { globals: { ...globals.browser, ...globals.node } } },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'] } },
  },
  {
    // The parser of TypeScript knows better than this rule which names exist.
    files: ['**/*.ts', '**/*.svelte'],
    rules: { 'no-undef': 'off', eqeqeq: 'error', 'no-console': 'error' },
  },
  { files: ['dev/**'], rules: { 'no-console': 'off' } },
);
