import compile from 'icu-minify/compile';
import type { Plugin } from 'vite';

type Messages = { [key: string]: string | Messages };

/** Every message of a catalogue compiled from ICU to what `use-intl/format-message/format-only` understands. */
export function compileMessages(messages: Messages): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(messages).map(([key, value]) => [key, typeof value === 'string' ? compile(value) : compileMessages(value)]),
  );
}

/** Compiles `locales/<language>/*.json` at build time, so that no ICU parser is sent to the browser. */
export function messages(): Plugin {
  return {
    name: 'clawkeep-messages',
    enforce: 'pre',
    transform: {
      filter: { id: /\/locales\/\w+\/[\w-]+\.json$/ },
      handler(code) {
        return { code: `export default ${JSON.stringify(compileMessages(JSON.parse(code) as Messages))}`, map: null, moduleType: 'js' };
      },
    },
  };
}
