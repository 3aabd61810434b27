import { convertCssVariables, DEFAULT_THEME, defaultCssVariablesResolver, mergeMantineTheme } from '@mantine/core';
import type { Plugin } from 'vite';
import { cssVariables, theme } from '../src/theme/theme.js';
import { tokensCss } from '../src/theme/tokens.js';

type Variables = Record<string, string>;

function differing(mine: Variables, standard: Variables): Variables {
  return Object.fromEntries(Object.entries(mine).filter(([name, value]) => standard[name] !== value));
}

/** Mantine's variables for our theme, without those that its own default-css-variables.css already says. */
export function mantineCss(): string {
  const merged = mergeMantineTheme(DEFAULT_THEME, theme);
  const mine = defaultCssVariablesResolver(merged);
  const ours = cssVariables(merged);
  const standard = defaultCssVariablesResolver(DEFAULT_THEME);
  return convertCssVariables({
    variables: differing({ ...mine.variables, ...ours.variables }, standard.variables),
    light: differing({ ...mine.light, ...ours.light }, standard.light),
    dark: differing({ ...mine.dark, ...ours.dark }, standard.dark),
  });
}

/**
 * Writes the theme into the style sheets that ask for it by `@ck-tokens;` or `@ck-kit;`. The kit would otherwise put
 * it into a <style> element at run time, which a Content-Security-Policy with `style-src 'self'` refuses.
 */
export function themeCss(): Plugin {
  return {
    name: 'clawkeep-theme-css',
    enforce: 'pre',
    transform(code, id) {
      if (!/\.css($|\?)/.test(id) || !code.includes('@ck-')) return null;
      return { code: code.replace('@ck-tokens;', tokensCss).replace('@ck-kit;', mantineCss), map: null };
    },
  };
}
