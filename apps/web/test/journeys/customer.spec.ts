import AxeBuilder from '@axe-core/playwright';
import { expect, test, type APIRequestContext, type Page } from '@playwright/test';

/** The whole life of one customer in the browser, against a running stack in sandbox mode: real API, workflows and emulators. */
const sandbox = process.env['CLAWKEEP_SANDBOX_URL'] ?? 'http://127.0.0.1:4410';
const PASSWORD = 'a long walk on the beach';
/** The emulated provider takes a key that says so. */
const GOOD_KEY = 'sk-good-journey-0123456789';
const BAD_KEY = 'sk-bad-journey-0123456789';
/** Paid → running takes a few seconds; a loaded machine gets more. */
const PATIENCE = { timeout: 90_000 };

interface Mail {
  readonly subject: string;
  readonly links: readonly string[];
}

/** Waits for a mail to the address with a link to the path; returns the link. */
async function mailedLink(request: APIRequestContext, to: string, path: RegExp): Promise<string> {
  let link = '';
  await expect.poll(async () => {
    const answer: unknown = await (await request.get(`${sandbox}/mails?to=${encodeURIComponent(to)}`)).json();
    const mails = (Array.isArray(answer) ? answer : (answer as { data?: unknown[] }).data ?? []) as Mail[];
    link = mails.flatMap(({ links }) => links).find((one) => path.test(one)) ?? '';
    return link;
  }, { message: `a mail to ${to} with a link ${path}`, ...PATIENCE }).not.toBe('');
  return link;
}

/** Nothing serious for people who use the page by keyboard or by ear, and no sideways scroll. */
async function inspect(page: Page, where: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze();
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join('; ')}`), where).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), `${where}: no sideways scroll`).toBeLessThanOrEqual(0);
}

const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' }).click();

/** Goes to a page by the navigation: the side bar, or the menu of a phone. */
async function navigate(page: Page, name: string): Promise<void> {
  const menu = page.getByRole('button', { name: 'Menu', exact: true });
  if (await menu.isVisible()) await menu.click();
  await page.getByRole('link', { name, exact: true }).filter({ visible: true }).click();
}

test('sign up, verify, choose, test a key, pay, watch, chat, cancel, undo, export, sign out', async ({ page, request }, info) => {
  const tag = `${info.project.name.replace(/[^a-z]/g, '').slice(7, 12)}${Date.now().toString(36)}`;
  const email = `ada.${tag}@example.com`;

  await test.step('landing → sign-up', async () => {
    await page.goto('/');
    await inspect(page, 'landing');
    await page.getByRole('link', { name: 'Create your assistant' }).first().click();
    await page.getByLabel('Your name').fill('Ada Byron');
    await page.getByLabel('E-mail').fill(email);
    await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
    await inspect(page, 'sign-up');
    await press(page, 'Create account');
    await expect(page.getByRole('heading', { name: 'Check your mail' })).toBeVisible();
    await expect(page.getByText(email)).toBeVisible();
  });

  await test.step('verify by mail', async () => {
    await page.goto(await mailedLink(request, email, /verify-email/));
    await expect(page.getByRole('heading', { name: 'E-mail confirmed' })).toBeVisible();
    await page.getByRole('link', { name: 'Choose a plan' }).click();
  });

  await test.step('plan', async () => {
    await expect(page.getByRole('heading', { name: 'Choose a plan' })).toBeVisible();
    await page.getByRole('radio', { name: /^Pro/ }).check();
    await inspect(page, 'wizard, plan');
    await press(page, 'Continue');
  });

  await test.step('key: a bad one is refused, a good one is taken', async () => {
    await page.getByRole('textbox', { name: 'API key' }).fill(BAD_KEY);
    await press(page, 'Test and save key');
    await expect(page.getByText('The provider does not know this key')).toBeVisible(PATIENCE);
    await page.getByRole('textbox', { name: 'API key' }).fill(GOOD_KEY);
    await press(page, 'Test and save key');
    await expect(page.getByText('The key works and is saved.')).toBeVisible(PATIENCE);
    await inspect(page, 'wizard, key');
    expect(await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }))).not.toContain(GOOD_KEY);
    await press(page, 'Continue');
  });

  await test.step('name, with the way back and forth', async () => {
    await page.getByLabel('Name', { exact: true }).fill('Kai');
    await page.getByLabel('Address').fill(`kai-${tag}`.slice(0, 32));
    await expect(page.getByText(/ is free\.$/)).toBeVisible(PATIENCE);
    await inspect(page, 'wizard, name');
    await page.goBack();
    await expect(page.getByRole('heading', { name: 'Connect your AI provider' })).toBeVisible();
    await page.goForward();
    await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Kai');
    await press(page, 'Continue');
  });

  await test.step('review and pay on the emulator’s page', async () => {
    await expect(page.getByRole('heading', { name: 'Review and pay' })).toBeVisible();
    await inspect(page, 'wizard, review');
    await press(page, 'Continue to payment');
    await page.waitForURL(/\/c\/pay\//, PATIENCE);
    await page.getByLabel('Card number').fill('4242 4242 4242 4242');
    await page.getByLabel('Expiry (MM/YY)').fill('12/34');
    await page.getByLabel('Security code').fill('123');
    await page.getByLabel('Name on card').fill('Ada Byron');
    await press(page, /Start trial|Subscribe|Pay/);
  });

  await test.step('live steps to the first answer', async () => {
    await page.waitForURL(/\/app\/instances\//, PATIENCE);
    await expect(page.getByRole('heading', { level: 1, name: 'Kai' })).toBeVisible();
    await expect(page.getByText('Running', { exact: true })).toBeVisible(PATIENCE);
    await inspect(page, 'assistant');
  });

  await test.step('chat', async () => {
    const box = page.getByRole('textbox', { name: 'Message Kai' });
    await box.fill('Good morning, Kai');
    await press(page, 'Send');
    await expect(page.getByRole('listitem').filter({ hasText: 'You said' }).getByText('Good morning, Kai')).toBeVisible(PATIENCE);
    await expect(page.getByRole('button', { name: 'Send', exact: true })).toBeVisible(PATIENCE);
    await inspect(page, 'chat');
  });

  await test.step('logs and details', async () => {
    await page.getByRole('link', { name: 'Logs', exact: true }).click();
    await expect(page.getByText('Live', { exact: true })).toBeVisible(PATIENCE);
    await inspect(page, 'logs');
    await page.getByRole('link', { name: 'Details', exact: true }).click();
    await expect(page.getByText('Ask it a first question')).toBeVisible();
    await inspect(page, 'details');
  });

  await test.step('cancel, undo, cancel', async () => {
    await navigate(page, 'Billing');
    await expect(page.getByText('Trial ends, first charge')).toBeVisible(PATIENCE);
    await inspect(page, 'billing');
    await press(page, 'Cancel plan');
    const dialog = page.getByRole('dialog', { name: 'Cancel your plan?' });
    await expect(dialog.getByText('You are not charged again.')).toBeVisible();
    await inspect(page, 'cancel dialog');
    await dialog.getByRole('button', { name: 'Cancel plan', exact: true }).click();
    await expect(page.getByText('Ends with the paid period')).toBeVisible(PATIENCE);
    await page.getByRole('button', { name: 'Keep plan', exact: true }).last().click();
    await expect(page.getByText('Ends with the paid period')).toBeHidden(PATIENCE);
    await press(page, 'Cancel plan');
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel plan', exact: true }).click();
    await expect(page.getByText('Ends with the paid period')).toBeVisible(PATIENCE);
  });

  await test.step('remove the assistant and download its export', async () => {
    await navigate(page, 'Assistant');
    await page.getByRole('link', { name: 'Details', exact: true }).click();
    await press(page, 'Remove assistant');
    const dialog = page.getByRole('dialog', { name: 'Remove Kai?' });
    await dialog.getByRole('button', { name: 'Remove assistant', exact: true }).click();
    await expect(dialog.getByText('This is not the same name.')).toBeVisible();
    await dialog.getByLabel('Type Kai to confirm').fill('Kai');
    await dialog.getByRole('button', { name: 'Remove assistant', exact: true }).click();
    await expect(page.getByText(/Being removed|This assistant has been removed|Page not found/).first()).toBeVisible(PATIENCE);
    await page.goto('/app/billing');
    const link = page.getByRole('link', { name: 'Download: Kai' });
    await expect(async () => {
      await page.reload();
      await expect(link).toBeVisible({ timeout: 3_000 });
    }).toPass(PATIENCE);
    const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
    expect(await download.failure()).toBeNull();
    await inspect(page, 'billing with an export');
  });

  await test.step('settings and sign-out', async () => {
    await navigate(page, 'Settings');
    await expect(page.getByText('OpenAI')).toBeVisible();
    await inspect(page, 'settings');
    const menu = page.getByRole('button', { name: 'Menu', exact: true });
    if (await menu.isVisible()) await menu.click();
    await page.getByRole('button', { name: 'Sign out', exact: true }).filter({ visible: true }).click();
    await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
    await page.goto('/app');
    await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  });
});

test('a forgotten password is set anew by mail', async ({ page, request }, info) => {
  const email = `reset.${info.project.name}.${Date.now().toString(36)}@example.com`;
  await page.goto('/sign-up');
  await page.getByLabel('Your name').fill('Ada');
  await page.getByLabel('E-mail').fill(email);
  await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
  await press(page, 'Create account');
  await page.goto(await mailedLink(request, email, /verify-email/));
  await page.context().clearCookies();

  await page.goto('/sign-in');
  await page.getByRole('link', { name: 'Forgot your password?' }).click();
  // Both pages have an e-mail field: the one that is meant stands under this heading.
  await expect(page.getByRole('heading', { name: 'Reset your password' })).toBeVisible();
  await page.getByLabel('E-mail').fill(email);
  await press(page, 'Send the link');
  await expect(page.getByRole('heading', { name: 'Check your mail' })).toBeVisible();
  await page.goto(await mailedLink(request, email, /reset-password/));
  await page.getByRole('textbox', { name: 'New password' }).fill('another walk on the beach');
  expect(new URL(page.url()).search).toBe('');
  await inspect(page, 'new password');
  await press(page, 'Change password');
  await expect(page.getByText('Your password has been changed.')).toBeVisible();
  await page.getByLabel('E-mail').fill(email);
  await page.getByRole('textbox', { name: 'Password' }).fill('another walk on the beach');
  await press(page, 'Sign in');
  await expect(page.getByRole('heading', { level: 1, name: 'Home' })).toBeVisible();
});
