import { describe, expect, it } from 'vitest';
import { chartColours, colours, type ColourName } from '../../src/theme/tokens.js';

/** Relative luminance and contrast as WCAG 2.2 defines them. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const TEXT: [ColourName, ColourName][] = [
  ...(['bg', 'surface', 'sunken'] as const).flatMap((ground) => (['text', 'text-2', 'text-3'] as const).map((text) => [text, ground] as [ColourName, ColourName])),
  ['brand-text', 'surface'], ['brand-text', 'brand-soft'], ['link', 'surface'], ['link', 'bg'], ['text', 'brand-soft'],
  ['on-brand', 'brand'], ['on-brand', 'brand-hover'], ['on-cta', 'cta'], ['on-cta', 'cta-hover'], ['on-danger', 'danger'], ['on-danger', 'danger-hover'],
  ...(['ok', 'warn', 'bad', 'info', 'idle'] as const).flatMap((tone) => [[`${tone}-text`, `${tone}-bg`], ['text', `${tone}-bg`]] as [ColourName, ColourName][]),
  ['bad-text', 'surface'], ['bad-text', 'sunken'], ['warn-text', 'sunken'], ['ok-text', 'surface'],
];
const SHAPES: [ColourName, ColourName][] = [['line-strong', 'surface'], ...(['ok', 'warn', 'bad', 'info', 'idle'] as const).map((tone) => [`${tone}-dot`, `${tone}-bg`] as [ColourName, ColourName])];

describe.each(['light', 'dark'] as const)('%s', (scheme) => {
  it.each(TEXT)('%s on %s reaches 4.5:1', (text, ground) => {
    expect(contrast(colours[text][scheme], colours[ground][scheme])).toBeGreaterThanOrEqual(4.5);
  });
  it.each(SHAPES)('%s on %s reaches 3:1', (shape, ground) => {
    expect(contrast(colours[shape][scheme], colours[ground][scheme])).toBeGreaterThanOrEqual(3);
  });
  it.each(Object.entries(chartColours))('%s on a surface reaches 3:1', (_name, token) => {
    expect(contrast(token[scheme], colours.surface[scheme])).toBeGreaterThanOrEqual(3);
  });
});
