import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Browser, type Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { PAGES, type PageCase } from './pages.list.js';

const base = process.env['CLAWKEEP_MOCK_URL'] ?? '';
const NOW = new Date('2026-11-21T10:00:00Z');
const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

interface Look {
  readonly scheme: 'light' | 'dark';
  readonly width: number;
  readonly locale: 'en-GB' | 'ru-RU';
}

/** Opens the page in its scene; returns it with what the browser complained about. */
async function open(browser: Browser, { name: title, scene, path, draft, press = [] }: PageCase, { scheme, width, locale }: Look): Promise<{ page: Page; complaints: string[] }> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme, locale, reducedMotion: 'reduce' });
  await context.addCookies([{ name: 'scene', value: scene, url: base }]);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => { if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text()); });
  await page.clock.setSystemTime(NOW);
  if (draft !== undefined) await page.addInitScript((value) => sessionStorage.setItem('clawkeep.wizard', JSON.stringify(value)), draft);
  if (locale === 'ru-RU') await page.addInitScript(() => localStorage.setItem('clawkeep.locale', 'ru'));
  await page.goto(base + path);
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  for (const name of press) await page.getByRole('button', { name, exact: true }).last().click();
  if (title.endsWith('dialog')) await page.getByRole('dialog').first().waitFor();
  await expect(page.getByRole('status', { name: /^(Loading|Загрузка)$/ })).toHaveCount(0);
  return { page, complaints };
}

test('every route of the router is on the list', () => {
  const tree = readFileSync(new URL('../src/routeTree.gen.ts', import.meta.url), 'utf8');
  const block = /export interface FileRoutesByFullPath \{([\s\S]*?)\n\}/.exec(tree)?.[1] ?? '';
  const routes = [...block.matchAll(/'([^']+)':/g)].map(([, path]) => path).filter((path) => path !== '/' && path !== '/app/');
  expect(routes.length).toBeGreaterThan(10);
  expect(routes.filter((route) => !PAGES.some((page) => page.route === route))).toEqual([]);
});

for (const one of PAGES) {
  test(one.name, async ({ browser }) => {
    // Colours hang on the scheme and layout on the width, never on both: two looks see each once. The journeys walk all four.
    const looks: Look[] = [{ scheme: 'light', width: 1280, locale: 'en-GB' }, { scheme: 'dark', width: 390, locale: 'en-GB' }];
    for (const look of looks) {
      const { page, complaints } = await open(browser, one, look);
      const where = `${look.scheme}, ${look.width} px`;
      const { violations } = await new AxeBuilder({ page }).withTags(WCAG).analyze();
      const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      expect(serious.map(({ id, nodes }) => `${where}: ${id}: ${nodes.map(({ target, failureSummary }) => `${target.join(' ')} ${failureSummary ?? ''}`).join('; ')}`)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), `${where}: no sideways scroll`).toBeLessThanOrEqual(0);
      expect(complaints.filter((text) => one.fails !== true || !/Failed to load resource|ProblemError|could not be/.test(text)), where).toEqual([]);
      await page.context().close();
    }
  });
}

for (const one of PAGES.filter(({ press }) => press === undefined)) {
  test(`${one.name}, in Russian at 320 px`, async ({ browser }) => {
    const { page } = await open(browser, one, { scheme: 'light', width: 320, locale: 'ru-RU' });
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBeLessThanOrEqual(0);
    await page.context().close();
  });
}
