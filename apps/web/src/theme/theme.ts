import { createTheme, type CSSVariablesResolver, type MantineColorsTuple, type VariantColorsResolver } from '@mantine/core';
import { colours, type ColourName } from './tokens.js';

const v = (name: ColourName) => `var(--ck-${name})`;

/** Ten equal entries: the product has one brand colour, and the kit asks for a tuple. */
const brand = Array.from({ length: 10 }, () => v('brand')) as unknown as MantineColorsTuple;

/** The kit's neutral dark greys, replaced by our navy so that no part of it stays grey. */
const navy: MantineColorsTuple = [
  colours.text.dark, colours['text-2'].dark, colours['text-3'].dark, colours['line-strong'].dark, colours.line.dark,
  colours['idle-bg'].dark, colours.surface.dark, colours.bg.dark, colours.sunken.dark, colours.sunken.dark,
];

const line = '1px solid transparent';

/**
 * Buttons come in five kinds: `filled` (the brand), `cta` (orange, at most one a page), `danger` (what cannot be taken back),
 * `default` (everything else) and `subtle` (no border). Every pair is a token.
 */
const variants: VariantColorsResolver = ({ variant }) => {
  switch (variant) {
    case 'cta':
      return { background: v('cta'), hover: v('cta-hover'), color: v('on-cta'), border: line };
    case 'danger':
      return { background: v('danger'), hover: v('danger-hover'), color: v('on-danger'), border: line };
    case 'default':
      return { background: v('surface'), hover: v('sunken'), color: v('text'), border: `1px solid ${v('line-strong')}` };
    case 'subtle':
      return { background: 'transparent', hover: v('sunken'), color: v('text-2'), border: line };
    default:
      return { background: v('brand'), hover: v('brand-hover'), color: v('on-brand'), border: line };
  }
};

export const theme = createTheme({
  primaryColor: 'brand',
  colors: { brand, dark: navy },
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: "'JetBrains Mono Variable', ui-monospace, monospace",
  fontSizes: { xs: '0.75rem', sm: '0.875rem', md: '1rem', lg: '1.125rem', xl: '1.375rem' },
  lineHeights: { xs: '1.334', sm: '1.43', md: '1.5', lg: '1.45', xl: '1.364' },
  spacing: { xs: '0.5rem', sm: '0.75rem', md: '1rem', lg: '1.5rem', xl: '2rem' },
  radius: { xs: '4px', sm: '6px', md: '8px', lg: '8px', xl: '999px' },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
  focusRing: 'never',
  variantColorResolver: variants,
  components: {
    Badge: { defaultProps: { tt: 'none' } },
    Modal: { defaultProps: { lockScroll: false, centered: true, transitionProps: { duration: 140, transition: 'fade' } } },
  },
});

const scheme = (name: 'light' | 'dark') => ({
  '--mantine-color-body': colours.bg[name],
  '--mantine-color-text': colours.text[name],
  '--mantine-color-dimmed': colours['text-3'][name],
  '--mantine-color-placeholder': colours['text-3'][name],
  '--mantine-color-anchor': colours.link[name],
  '--mantine-color-error': colours['bad-text'][name],
  '--mantine-color-success': colours['ok-text'][name],
  '--mantine-color-default': colours.surface[name],
  '--mantine-color-default-hover': colours.sunken[name],
  '--mantine-color-default-color': colours.text[name],
  '--mantine-color-default-border': colours['line-strong'][name],
  '--mantine-color-disabled': colours.sunken[name],
  '--mantine-color-disabled-color': colours['text-3'][name],
  '--mantine-color-disabled-border': colours.line[name],
  '--mantine-color-brand-filled': colours.brand[name],
  '--mantine-color-brand-filled-hover': colours['brand-hover'][name],
  '--mantine-color-brand-light': colours['brand-soft'][name],
  '--mantine-color-brand-light-hover': colours['brand-soft'][name],
  '--mantine-color-brand-light-color': colours['brand-text'][name],
  '--mantine-color-brand-outline': colours['brand-text'][name],
});

export const cssVariables: CSSVariablesResolver = () => ({ variables: {}, light: scheme('light'), dark: scheme('dark') });
