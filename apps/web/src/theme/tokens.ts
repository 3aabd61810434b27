/**
 * The design tokens: every colour of the product, light and dark side by side. The only file that may hold hex colours.
 * Text pairs reach a contrast of 4.5:1 and dots and borders 3:1 against the surfaces they stand on (WCAG 2.2, 1.4.3 and 1.4.11);
 * `tokens.spec.ts` computes the ratios.
 */
export interface Token {
  readonly light: string;
  readonly dark: string;
}

const pair = (light: string, dark: string): Token => ({ light, dark });

export const colours = {
  bg: pair('#f7f8fb', '#0f1220'),
  surface: pair('#ffffff', '#171b2c'),
  sunken: pair('#eef0f6', '#0b0e19'),
  line: pair('#dfe3ec', '#2a3047'),
  'line-strong': pair('#868ea3', '#6f7893'),
  text: pair('#171b2a', '#eceef6'),
  'text-2': pair('#4a5165', '#b6bdd0'),
  'text-3': pair('#5f667b', '#98a0b8'),
  brand: pair('#5b3fd6', '#6a4fe0'),
  'brand-hover': pair('#4a31b8', '#5b3fd6'),
  'on-brand': pair('#ffffff', '#ffffff'),
  'brand-text': pair('#4f37ba', '#b9adff'),
  'brand-soft': pair('#efecff', '#262049'),
  link: pair('#4338ca', '#b0a6ff'),
  'gradient-from': pair('#5b3fd6', '#6a4fe0'),
  'gradient-to': pair('#2563eb', '#2563eb'),
  cta: pair('#c2410c', '#fb923c'),
  'cta-hover': pair('#9a3412', '#fdba74'),
  'on-cta': pair('#ffffff', '#1c0f02'),
  danger: pair('#b42318', '#ff8a7d'),
  'danger-hover': pair('#8f1b12', '#ffa79d'),
  'on-danger': pair('#ffffff', '#1f0705'),
  'ok-text': pair('#166b3a', '#6fd79a'),
  'ok-bg': pair('#e7f6ec', '#12301f'),
  'ok-dot': pair('#1f9254', '#3dbb74'),
  'warn-text': pair('#8a4b00', '#f5b95c'),
  'warn-bg': pair('#fff4e0', '#36260c'),
  'warn-dot': pair('#b86200', '#e09a33'),
  'bad-text': pair('#b42318', '#ff9a8f'),
  'bad-bg': pair('#feeceb', '#3d1714'),
  'bad-dot': pair('#d6392b', '#f0665a'),
  'info-text': pair('#1d4fc4', '#8fb4ff'),
  'info-bg': pair('#e9f0ff', '#14254b'),
  'info-dot': pair('#2f6bea', '#5a8df5'),
  'idle-text': pair('#4a5165', '#b6bdd0'),
  'idle-bg': pair('#eef0f6', '#232940'),
  'idle-dot': pair('#737b90', '#8790aa'),
} as const satisfies Record<string, Token>;

export type ColourName = keyof typeof colours;

/** Series of a chart on a surface, 3:1 each; series differ by their labels too, never by colour alone. */
export const chartColours = {
  'chart-1': pair('#5b3fd6', '#9b8afb'),
  'chart-2': pair('#2563eb', '#5a8df5'),
  'chart-3': pair('#1f9254', '#3dbb74'),
  'chart-4': pair('#b86200', '#e09a33'),
  'chart-5': pair('#c2255c', '#f06595'),
  'chart-6': pair('#5f667b', '#98a0b8'),
} as const satisfies Record<string, Token>;

/** Shadows lie under overlays only; cards have one border and none. */
const shadows = {
  'overlay-shadow': pair('0 12px 32px rgb(23 27 42 / 16%)', '0 12px 32px rgb(0 0 0 / 56%)'),
  scrim: pair('rgb(23 27 42 / 44%)', 'rgb(5 7 14 / 66%)'),
} as const;

/** The tokens as CSS custom properties `--ck-*` for both colour schemes, light being what a browser without script gets. */
export function tokensCss(): string {
  const all = Object.entries({ ...colours, ...chartColours, ...shadows });
  const block = (scheme: keyof Token) => all.map(([name, token]) => `--ck-${name}:${token[scheme]};`).join('');
  return `:root{color-scheme:light;${block('light')}}\n:root[data-mantine-color-scheme="dark"]{color-scheme:dark;${block('dark')}}\n`;
}
