import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test, type Page } from '@playwright/test';
import { factsOf, inspect, PATIENCE, panel, play, SANDBOX, subscribe, workAs, type Subscriber } from './people.js';

/** Money that goes wrong, in the browser, against a running stack in sandbox mode: real API, workflows and emulators; time goes by on test clocks. */
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).first().click();
const stageOf = (page: Page, subscriber: Subscriber) => expect.poll(async () => (await factsOf(page, subscriber)).stage, { message: 'the stage', ...PATIENCE });
/** A table by the name of the part of the page that it fills. */
const table = (page: Page, name: string) => page.getByRole('region', { name, exact: true }).getByRole('table').first();
const addressOf = (baseURL: string | undefined): string => baseURL ?? '';

test('a renewal fails, the banner says so, the card is changed on Stripe’s page, everything is restored', async ({ page, baseURL }) => {
  const ada = await subscribe(page, addressOf(baseURL), 'card');
  await play(page, ada, 'stolen-card', 'grace');
  await page.goto('/app/billing');
  await expect(page.getByText(/^We could not collect \$29\.00 on /).first()).toBeVisible(PATIENCE);
  await expect(page.getByText('Your assistant runs in full until then.').first()).toBeVisible();
  await inspect(page, 'billing in grace');
  await press(page, 'Change card');
  await page.waitForURL(/\/p\/session\//, PATIENCE);
  await page.getByLabel('Card number').fill('4242 4242 4242 4242');
  await page.getByLabel('Expiry (MM/YY)').fill('12/40');
  await page.getByLabel('Security code').fill('123');
  await page.getByRole('button', { name: 'Save card' }).click();
  await stageOf(page, ada).toBe('active');
  await page.goto('/app/billing');
  await expect(page.getByRole('heading', { name: 'Invoices' })).toBeVisible(PATIENCE);
  await expect(page.getByText(/^We could not collect/)).toHaveCount(0, PATIENCE);
  expect(await factsOf(page, ada)).toMatchObject({ serviceLevel: 'full', dunning: null });
});

test('never paid: downgraded with the limits of the container really changed, paid by one press, restored', async ({ page, baseURL }) => {
  const ada = await subscribe(page, addressOf(baseURL), 'down');
  const before = (await factsOf(page, ada)).containers[0]?.container;
  await play(page, ada, 'never-pays', 'downgraded');
  const reduced = (await factsOf(page, ada)).containers[0]?.container;
  expect([before?.cpus, reduced?.cpus, reduced?.state]).toEqual([1, 0.5, before?.state]);
  await page.goto('/app');
  await expect(page.getByText('Your assistant runs within smaller limits.').first()).toBeVisible(PATIENCE);
  await inspect(page, 'home, downgraded');
  // The bank has changed its mind about the card on file; the customer presses the button.
  await panel(page, 'POST', `/customers/${ada.customerId}/decline`, { code: null });
  await press(page, 'Pay now');
  await page.getByRole('button', { name: 'Pay $29.00', exact: true }).click();
  await stageOf(page, ada).toBe('active');
  await expect.poll(async () => (await factsOf(page, ada)).containers[0]?.container, PATIENCE).toEqual(before);
  await page.goto('/app');
  await expect(page.getByRole('heading', { level: 1, name: 'Home' })).toBeVisible(PATIENCE);
  await expect(page.getByText('Your assistant runs within smaller limits.')).toHaveCount(0, PATIENCE);
});

test('finance: figures that agree with each other, and CSV that can be proved', async ({ page, baseURL, browser }) => {
  const debtor = await browser.newContext();
  const ada = await subscribe(await debtor.newPage(), addressOf(baseURL), 'owes');
  await play(page, ada, 'never-pays', 'grace');
  await debtor.close();

  await workAs(page, addressOf(baseURL), 'finance', '/finance');
  const tile = (name: string) => page.getByRole('listitem').filter({ has: page.getByRole('heading', { level: 2, name, exact: true }) }).locator('p').first();
  await expect(tile('MRR at risk')).toHaveText(/^\$\d/, PATIENCE);
  // Tiles, stages and ageing come by different ways: they must say the same.
  const stages = table(page, 'Open cases by stage');
  const ageing = table(page, 'Receivables by age');
  await expect(ageing).toBeVisible(PATIENCE);
  await expect(stages.getByRole('row').last()).toContainText(await tile('MRR at risk').innerText());
  await expect(page.getByText('The buckets do not add up')).toHaveCount(0);
  await inspect(page, 'finance');

  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Cases as CSV' }).click()]);
  const file = readFileSync(await download.path(), 'utf8');
  expect(download.suggestedFilename()).toMatch(/^dunning-.*\.csv$/);
  const rows = file.split('\r\n').filter((line) => !line.startsWith('#'));
  expect(rows[0]).toMatch(/^case_id,customer_id,customer_name,/);
  expect(rows.filter((line) => line.includes(`,${ada.customerId},`))).toHaveLength(1);

  for (const report of ['dunning', 'ageing', 'ledger'] as const) {
    const first = await page.request.get(`/api/v1/finance/${report}.csv`);
    const headers = first.headers();
    const span = new URLSearchParams({ throughSeq: headers['x-report-ledger-row'] ?? '', ...(report === 'ledger' ? {} : { asOf: headers['x-report-as-of'] ?? '' }) });
    const bytes = await (await page.request.get(`/api/v1/finance/${report}.csv?${span.toString()}`)).body();
    const said = await (await page.request.get(`/api/v1/finance/${report}.csv.sha256?${span.toString()}`)).text();
    expect(said.split(' ')[0], `sha256 of ${report}`).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(bytes.equals(await first.body()), `${report}: the same instant, the same bytes`).toBe(true);
  }
});

test('support gives more grace with a reason, and the timeline and Temporal say so', async ({ page, baseURL, browser }) => {
  const debtor = await browser.newContext();
  const ada = await subscribe(await debtor.newPage(), addressOf(baseURL), 'grace');
  await play(page, ada, 'never-pays', 'grace');
  await debtor.close();
  const deadline = async () => (await factsOf(page, ada)).dunning?.deadlines.find(({ stage }) => stage === 'downgraded')?.at ?? '';
  const before = await deadline();

  await workAs(page, addressOf(baseURL), 'support', `/support/${ada.customerId}`);
  await expect(page.getByRole('heading', { level: 1, name: ada.name })).toBeVisible(PATIENCE);
  await inspect(page, 'support, a customer in grace');
  await press(page, 'Extend grace');
  const dialog = page.getByRole('dialog', { name: `Extend the grace of ${ada.name}?` });
  await dialog.getByLabel('Days').fill('4');
  await dialog.getByLabel('Reason').fill('Promised to pay on Friday');
  await inspect(page, 'support, extend grace');
  await dialog.getByRole('button', { name: 'Extend grace', exact: true }).click();
  await expect(dialog).toBeHidden(PATIENCE);
  await expect(page.getByRole('listitem').filter({ hasText: 'Grace extended' }).filter({ hasText: '“Promised to pay on Friday”' })).toBeVisible(PATIENCE);
  expect(Date.parse(await deadline()) - Date.parse(before)).toBe(4 * 86_400_000);

  const [temporal] = await Promise.all([page.waitForEvent('popup'), page.getByRole('link', { name: /^Open in Temporal/ }).click()]);
  expect(temporal.url()).toContain(encodeURIComponent(`customer/${ada.customerId}`));
  await expect(temporal.getByText('extendGrace').first()).toBeVisible(PATIENCE);
  await expect(temporal.getByText(/Promised to pay on Friday/).first()).toBeVisible(PATIENCE);
});

test('the simulator shows today’s policy and a longer grace beside each other', async ({ page, baseURL }) => {
  await workAs(page, addressOf(baseURL), 'finance', '/finance/simulator');
  await page.getByLabel('How many').fill('300');
  await page.getByLabel('Downgrade on day').fill('16');
  await press(page, 'Simulate');
  const policies = table(page, 'The two policies');
  await expect(policies.getByRole('row', { name: /Downgrade on day/ })).toHaveText(/day 12.*day 16/, PATIENCE);
  const result = table(page, 'Result in USD');
  // A longer grace withholds less from those who pay in the end; the two columns are two policies, not one shown twice.
  const cells = await result.getByRole('row', { name: /^Days withheld from those who paid/ }).getByRole('cell').allInnerTexts();
  const [today = Number.NaN, changed = Number.NaN] = cells.map((text) => Number(text.replaceAll(/[^\d.]/g, '')));
  expect(changed).toBeLessThan(today);
  await inspect(page, 'simulator with a result');
});

test('the panel plays a customer’s year, shows it, and stops when told', async ({ page, baseURL }) => {
  const ada = await subscribe(page, addressOf(baseURL), 'year');
  await page.goto(`${SANDBOX}/customers/${ada.customerId}`);
  await expect(page.getByRole('heading', { level: 1, name: ada.name })).toBeVisible();
  await inspect(page, 'panel, one customer');
  await page.setViewportSize({ width: 360, height: 740 });
  await inspect(page, 'panel, one customer, 360 px');
  await page.getByRole('button', { name: 'Next event', exact: true }).click();
  await expect(page.locator('#said')).toContainText('the trial ends soon', PATIENCE);
  await page.getByRole('button', { name: 'Play: Stolen card', exact: true }).click();
  await expect(page.locator('#live')).toContainText('Stolen card plays, step', PATIENCE);
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await expect(page.locator('#live')).toContainText(/Stolen card (was stopped|is over)/, PATIENCE);
});
