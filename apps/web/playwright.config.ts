import { defineConfig, devices } from '@playwright/test';

/**
 * Run from the root after the build: npx playwright test -c apps/web/playwright.config.ts [--project pages|journey-…]
 * CHROMIUM_PATH (or CHROMIUM_BIN): the browser of the system (default /usr/bin/chromium). CLAWKEEP_URL: a running stack for the journeys;
 * without it they are not part of the run. CLAWKEEP_SANDBOX_URL: its sandbox panel (default http://127.0.0.1:4410).
 */
// Without a display a software GPU costs more than it draws, and the browser's own calls home only wait for a network that is not there.
const QUIET_BROWSER = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const stack = process.env['CLAWKEEP_URL'];
const desktop = { viewport: { width: 1280, height: 800 } };
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, userAgent: devices['Pixel 7'].userAgent };
const journey = (name: string, look: object, colorScheme: 'light' | 'dark') => ({
  name: `journey-${name}-${colorScheme}`,
  testMatch: 'journeys/*.spec.ts',
  // What money does is the same on every screen: one look is enough there, and the pages' own tests have the others.
  ...(name === 'desktop' && colorScheme === 'light' ? {} : { testIgnore: 'journeys/money.spec.ts' }),
  timeout: 180_000,
  use: { ...look, colorScheme, ...(stack === undefined ? {} : { baseURL: stack }) },
});

export default defineConfig({
  testDir: './test',
  outputDir: '../../test-results/web',
  globalSetup: './test/mock/global-setup.ts',
  fullyParallel: true,
  workers: 2,
  forbidOnly: true,
  retries: 0,
  reporter: [['list']],
  timeout: 120_000,
  use: {
    launchOptions: { executablePath: process.env['CHROMIUM_PATH'] ?? process.env['CHROMIUM_BIN'] ?? '/usr/bin/chromium', args: QUIET_BROWSER },
    contextOptions: { reducedMotion: 'reduce' },
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    screenshot: 'only-on-failure',
  },
  projects: [
    { name: 'pages', testMatch: 'pages.a11y.spec.ts' },
    ...(stack === undefined ? [] : [journey('desktop', desktop, 'light'), journey('desktop', desktop, 'dark'), journey('phone', phone, 'light'), journey('phone', phone, 'dark')]),
  ],
});
