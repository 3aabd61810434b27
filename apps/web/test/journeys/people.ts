import AxeBuilder from '@axe-core/playwright';
import { expect, type APIRequestContext, type Page } from '@playwright/test';

/** The sandbox panel of the stack under test. */
export const SANDBOX = process.env['CLAWKEEP_SANDBOX_URL'] ?? 'http://127.0.0.1:4410';
/** A loaded machine gets time; a page that is wrong does not pass by it. */
export const PATIENCE = { timeout: 60_000 };
const PASSWORD = 'a long walk on the beach';
const GOOD_CARD = '4242424242424242';

export interface Subscriber { readonly customerId: string; readonly instanceId: string; readonly email: string; readonly name: string }
/** What the panel says of one customer. */
export interface CustomerFacts {
  readonly stage: string; readonly serviceLevel: string; readonly clock: string; readonly temporalUrl: string;
  readonly containers: readonly { readonly container: { readonly state: string; readonly memoryMiB: number | null; readonly cpus: number | null } | null }[];
  readonly dunning: { readonly deadlines: readonly { readonly stage: string; readonly at: string }[] } | null;
}

/** JSON from the panel or the API; the page's own cookies go along. Throws with the answer where it is none. */
async function ask<T>(request: APIRequestContext, method: 'GET' | 'POST', url: string, data?: object): Promise<T> {
  const answer = await request.fetch(url, { method, headers: { origin: new URL(url).origin, accept: 'application/json' }, timeout: 120_000, ...(data === undefined ? {} : { data }) });
  const text = await answer.text();
  if (!answer.ok()) throw new Error(`${method} ${url}: ${answer.status()} ${text}`);
  return (text === '' ? null : JSON.parse(text)) as T;
}

export const panel = <T>(page: Page, method: 'GET' | 'POST', path: string, data?: object): Promise<T> => ask(page.request, method, `${SANDBOX}${path}`, data);
export const factsOf = (page: Page, { customerId }: Subscriber): Promise<CustomerFacts> => panel(page, 'GET', `/customers/${customerId}/facts`);
/** A story on the customer's own clock, up to a stage. */
export const play = (page: Page, { customerId }: Subscriber, story: string, until?: string): Promise<{ standing: { stage: string } }> => panel(page, 'POST', `/customers/${customerId}/stories/${story}`, until === undefined ? {} : { until });

/** Signs somebody up by the API and confirms the mail; the browser is signed in. */
async function signUp(page: Page, baseURL: string, who: string): Promise<{ email: string; name: string }> {
  const tag = `${who}.${Date.now().toString(36)}${Math.floor(Math.random() * 1e6).toString(36)}`;
  const email = `${tag}@example.com`;
  const name = `Ada ${tag}`;
  await ask(page.request, 'POST', `${baseURL}/api/auth/sign-up/email`, { email, password: PASSWORD, name, locale: 'en' });
  let link: string | undefined;
  await expect.poll(async () => {
    const mails = await panel<{ links: string[] }[]>(page, 'GET', `/mails?to=${encodeURIComponent(email)}`);
    return link = mails.flatMap(({ links }) => links).find((one) => one.includes('verify-email'));
  }, { message: `a verification mail to ${email}`, ...PATIENCE }).toBeDefined();
  await page.request.get(link ?? '');
  await ask(page.request, 'POST', `${baseURL}/api/auth/sign-in/email`, { email, password: PASSWORD });
  return { email, name };
}

/** A subscriber on Pro with a running assistant. */
export async function subscribe(page: Page, baseURL: string, who: string): Promise<Subscriber> {
  const api = `${baseURL}/api/v1`;
  const { email, name } = await signUp(page, baseURL, who);
  await ask(page.request, 'POST', `${api}/provider-keys`, { provider: 'openai', key: 'sk-good-journey-0123456789' });
  const { id: instanceId } = await ask<{ id: string }>(page.request, 'POST', `${api}/instances`, { name: 'Kai', planId: 'pro', provider: 'openai' });
  const { checkoutSessionId } = await ask<{ checkoutSessionId: string }>(page.request, 'POST', `${api}/checkout`, { planId: 'pro', priceId: 'pro_month', instanceId });
  await panel(page, 'POST', `/checkout/${checkoutSessionId}/pay`, { card: GOOD_CARD });
  await expect.poll(async () => (await ask<{ status: string }>(page.request, 'GET', `${api}/instances/${instanceId}`)).status, { message: 'the assistant runs', ...PATIENCE }).toBe('running');
  const { customer } = await ask<{ customer: { id: string } }>(page.request, 'GET', `${api}/users/me`);
  return { customerId: customer.id, instanceId, email, name };
}

/** Somebody of the staff, signed in by the page itself. */
export async function workAs(page: Page, baseURL: string, role: 'finance' | 'support', path: string): Promise<void> {
  const { email } = await signUp(page, baseURL, role);
  await panel(page, 'POST', '/staff', { email, role });
  await page.context().clearCookies();
  await page.goto(path);
  await page.getByLabel('E-mail').fill(email);
  await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** Nothing serious for people who use the page by keyboard or by ear, and no sideways scroll. */
export async function inspect(page: Page, where: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze();
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join('; ')}`), where).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), `${where}: no sideways scroll`).toBeLessThanOrEqual(0);
}
