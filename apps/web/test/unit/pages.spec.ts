import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Catalogue } from '#domain/plan/plan.types.js';
import { renderPages } from '../../pages/render.js';

const catalogue = (name: string) => parse(readFileSync(new URL(`../../../../config/plans/${name}.yaml`, import.meta.url), 'utf8')) as Catalogue;
const render = (name: string) => renderPages({ catalogue: catalogue(name), stylesheet: '/assets/site.css', font: {} });

describe.each(['default', 'flat', 'daily'])('public pages of the catalogue %s', (name) => {
  const pages = render(name);
  it('are one landing and one pricing page a language', () => {
    expect(pages.map(({ path }) => path)).toEqual(['index.html', 'pricing.html', 'ru/index.html', 'ru/pricing.html']);
  });
  it('need no script but theme.js, no inline style and nothing from elsewhere', () => {
    for (const { html } of pages) {
      expect(html.match(/<script[^>]*>/g)).toEqual(['<script src="/theme.js">']);
      expect(html.match(/\sstyle=|<style|\son\w+=|https?:\/\//g)).toBeNull();
      expect(html.match(/undefined|\[object|site\.(?!css)|\{\w+\}/g)).toBeNull();
    }
  });
  it('sell each plan that is on sale', () => {
    for (const plan of catalogue(name).plans) expect(pages[1]?.html.includes(`href="/sign-up?plan=${plan.id}"`)).toBe(plan.sold);
  });
});

it('says the prices of the default catalogue in both languages', () => {
  const [, en, , ru] = render('default').map(({ html }) => html.replace(/[\u00a0\u202f]/g, ' '));
  expect(en).toContain('$29 ');
  expect(en).toContain('or $75 every 3 months, $299 every year');
  expect(ru).toContain('299 $ раз в год');
});
