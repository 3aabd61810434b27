import { randomBytes, randomInt } from 'node:crypto';
import type { CustomerDto, MeDto } from '../../apps/api/src/account/me.dto.js';
import type { CheckoutDto, SubscriptionStateDto } from '../../apps/api/src/billing/billing.dto.js';
import type { ChatAnswerDto } from '../../apps/api/src/chat/chat.dto.js';
import type { ExportDto } from '../../apps/api/src/exports/exports.dto.js';
import type { InstanceDto, WishedInstanceDto } from '../../apps/api/src/instances/instance.dto.js';
import type { KeyTestDto, SavedProviderKeyDto } from '../../apps/api/src/provider-keys/provider-key.dto.js';
import { waitFor } from '#testing/harness/wait-for.js';
import { Browser, Refused, type BrowserOptions } from './browser.js';

export interface Mail { messageId: string | null; to: string; subject: string; text: string; links: string[]; at: string }
export interface PayAnswer { status: 'complete' | 'declined' | 'requires_action'; error?: { code: string; declineCode: string | null; message: string } }
export type Offer = { readonly planId: 'free' | 'pro' | 'team'; readonly priceId: string | null };

export const FREE: Offer = { planId: 'free', priceId: null };
/** 48 h of trial: nothing is charged before. */
export const PRO: Offer = { planId: 'pro', priceId: 'pro_month' };
/** No trial: charged at checkout. */
export const TEAM: Offer = { planId: 'team', priceId: 'team_month' };
export const GOOD_CARD = '4242424242424242';

const LONGEST_WAIT_MS = 120_000;
const MAIL_WAIT_MS = 4_000;
const MAIL_TRIES = 6;
const PROVIDER = 'openai';
/** Digits only: the emulated provider reads the behaviour from the key's text, and hexadecimal spells "bad" now and then. */
export const goodKey = (): string => `sk-good-${randomInt(2 ** 47)}`;
const ENDED_BADLY = ['failed', 'needs_attention'];

/** One person at Clawkeep: everything by the public HTTP API, plus what lies outside it (mailbox, card, calendar) by the sandbox panel. */
export class LifeClient {
  readonly browser: Browser;
  readonly panel: Browser;
  readonly password = `pass-${randomBytes(9).toString('base64url')}`;

  constructor(urls: { dashboard: string; panel: string }, readonly email = `p${randomBytes(6).toString('hex')}@example.test`, options: BrowserOptions = {}) {
    this.browser = new Browser(urls.dashboard, options);
    this.panel = new Browser(urls.panel);
  }

  /** Signs up, follows the link of the mail, and is signed in. Asks for another mail by signing in, as a person does whose mail did not come. */
  async signUp(): Promise<void> {
    const credentials = { email: this.email, password: this.password };
    await this.browser.post('/api/auth/sign-up/email', { ...credentials, name: 'Pat Person' });
    for (let attempt = 1; ; attempt += 1) {
      const link = await waitFor('the verification mail', () => this.verificationLink(), { timeoutMs: MAIL_WAIT_MS }).catch((error: unknown) => { if (attempt >= MAIL_TRIES) throw error; return null; });
      if (link !== null) { await this.browser.follow(link); break; }
      await this.browser.post('/api/auth/sign-in/email', credentials).catch((error: unknown) => { if (!(error instanceof Refused) || error.status !== 403) throw error; });
    }
    // Where the answer to the link was lost, the address is verified and nobody is signed in.
    await this.me().catch((error: unknown) => { if (!(error instanceof Refused) || error.status !== 401) throw error; return this.browser.post('/api/auth/sign-in/email', credentials); });
  }

  mails(): Promise<Mail[]> { return this.panel.get(`/mails?to=${encodeURIComponent(this.email)}`); }
  me(): Promise<MeDto> { return this.browser.get('/api/v1/users/me'); }

  async customer(): Promise<CustomerDto> {
    const { customer } = await this.me();
    if (customer === null) throw new Error(`${this.email} has no customer`);
    return customer;
  }

  testKey(key: string): Promise<KeyTestDto> { return this.browser.post('/api/v1/provider-keys/test', { provider: PROVIDER, key }); }
  addKey(key = goodKey()): Promise<SavedProviderKeyDto> { return this.browser.post('/api/v1/provider-keys', { provider: PROVIDER, key }); }

  createInstance({ planId }: Offer, more: { name?: string; subdomain?: string } = {}): Promise<WishedInstanceDto> {
    return this.browser.post('/api/v1/instances', { planId, provider: PROVIDER, ...more });
  }

  checkout({ planId, priceId }: Offer, instanceId: string): Promise<CheckoutDto> { return this.browser.post('/api/v1/checkout', { planId, priceId, instanceId }); }
  pay(checkoutSessionId: string, card = GOOD_CARD, more: { authenticate?: boolean } = {}): Promise<PayAnswer> { return this.panel.post(`/checkout/${checkoutSessionId}/pay`, { card, ...more }); }

  /** Signs up, gives a key and wishes an assistant; goes on to pay where it costs something. */
  async order(offer: Offer): Promise<string> {
    await this.signUp();
    await this.addKey();
    const { id, next } = await this.createInstance(offer);
    if (next === null) return id;
    const { checkoutSessionId } = await this.checkout(offer, id);
    const paid = await this.pay(checkoutSessionId);
    if (paid.status !== 'complete') throw new Error(`The card was not taken: ${JSON.stringify(paid)}`);
    return id;
  }

  instance(id: string): Promise<InstanceDto> { return this.browser.get(`/api/v1/instances/${id}`); }
  act(id: string, verb: 'start' | 'stop' | 'restart' | 'reprovision'): Promise<InstanceDto> { return this.browser.post(`/api/v1/instances/${id}/${verb}`); }
  remove(id: string): Promise<InstanceDto> { return this.browser.delete(`/api/v1/instances/${id}`); }

  /** Polls until the instance has this status. Rejects at once where it ended badly instead. */
  untilInstance(id: string, status: InstanceDto['status'], timeoutMs = LONGEST_WAIT_MS): Promise<InstanceDto> {
    let seen: unknown;
    return waitFor(`instance ${id} ${status}`, async () => {
      const instance = await this.instance(id);
      seen = { status: instance.status, reason: instance.statusReason, steps: instance.steps.filter(({ state }) => state !== 'done' && state !== 'waiting') };
      if (instance.status === status) return instance;
      if (ENDED_BADLY.includes(instance.status)) throw new Error(`Instance ${id} is ${instance.status} instead of ${status}: ${instance.statusReason ?? ''}`);
      return undefined;
    }, { timeoutMs, last: () => seen });
  }

  untilCustomer(what: string, is: (customer: CustomerDto) => boolean, timeoutMs = LONGEST_WAIT_MS): Promise<CustomerDto> {
    let seen: unknown;
    return waitFor(what, async () => {
      const customer = await this.customer();
      seen = customer;
      return is(customer) ? customer : undefined;
    }, { timeoutMs, last: () => seen });
  }

  chat(id: string, message = 'Hello, who are you?'): Promise<ChatAnswerDto> { return this.browser.post(`/api/v1/instances/${id}/chat`, { message }); }
  subscription(): Promise<SubscriptionStateDto> { return this.browser.get('/api/v1/subscription'); }
  cancel(): Promise<SubscriptionStateDto> { return this.browser.post('/api/v1/subscription/cancel'); }
  async exports(): Promise<ExportDto[]> { return (await this.browser.get<{ data: ExportDto[] }>('/api/v1/exports')).data; }
  async download(offered: ExportDto): Promise<Buffer> { return Buffer.from(await (await this.browser.download(offered.downloadUrl)).arrayBuffer()); }

  /** Moves the customer's test clock to an instant; done where it stands there already. Sent again while a part of the world is down. */
  async clockTo(customerId: string, toMs: number): Promise<void> {
    let seen: unknown;
    await waitFor(`the clock at ${new Date(toMs).toISOString()}`, async () => {
      try {
        await this.panel.post(`/customers/${customerId}/clock`, { advanceTo: new Date(toMs).toISOString() });
        return true;
      } catch (error) {
        seen = String(error);
        if (!(error instanceof Refused)) throw error;
        if (error.status === 400 && 'advanceTo' in error.fields) return true;
        if (error.status < 500) throw error;
        return undefined;
      }
    }, { timeoutMs: LONGEST_WAIT_MS, everyMs: 500, last: () => seen });
  }

  quiet(): Promise<unknown> { return this.panel.post('/quiet', { timeoutSeconds: 60 }); }

  private async verificationLink(): Promise<string | undefined> {
    return (await this.mails()).flatMap(({ links }) => links).find((address) => address.includes('verify-email'));
  }
}
