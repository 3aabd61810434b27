import { Controller, Get } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiUnderTest, type SignedIn } from '../../test/api-under-test.js';
import type { StaffRole } from './policy.decorators.js';
import { listRoutes, type RouteEntry } from './route-list.js';

/** Tables in which a request of the wrong person must change nothing. */
const TABLES = ['customer', 'member', 'instance', 'instance_step', 'slot_reservation', 'outbox', 'provider_key', 'secret', 'export', 'invoice', 'subscription', 'checkout', 'idempotency_key', 'event', '"user"', 'phone_consent', 'phone_code', 'twilio_event', 'notice', 'notice_delivery', 'lifecycle_ledger', 'dunning_case', 'billing_ledger'];
const SECRETS = ['Victim Name', 'victims-address', 'VICTIM-MARK'];

let api: ApiUnderTest;
let routes: RouteEntry[];
let victim: SignedIn;
let other: SignedIn;
let staff: SignedIn;
let support: SignedIn;
const ids = { instance: randomUUID(), export: randomUUID() };

beforeAll(async () => {
  api = await ApiUnderTest.start();
  routes = listRoutes(api.app).filter(({ path }) => !path.startsWith('/api/auth'));
  [victim, other, staff, support] = [await api.signUp('victim@example.com', 'Victim Name'), await api.signUp('other@example.com'), await api.signUp('staff@example.com'), await api.signUp('support@example.com')];
  await api.makeStaff(staff, 'finance');
  await api.makeStaff(support, 'support');
  await api.addHost(5);
  await api.addKey(victim.customerId);
  await api.rows(`INSERT INTO instance (id, customer_id, name, subdomain, plan_id, provider, model, status, desired_state, host_id) VALUES ($1, $2, 'VICTIM-MARK', 'victims-address', 'free', 'openai', 'm', 'running', 'running', 'host-1')`, [ids.instance, victim.customerId]);
  await api.rows(`INSERT INTO route (instance_id, subdomain, host_id, address, port) VALUES ($1, 'victims-address', 'host-1', '127.0.0.1', 1)`, [ids.instance]);
  await api.rows(`INSERT INTO export (id, customer_id, instance_id, instance_name, generation, path, bytes, sha256) VALUES ($1, $2, $3, 'VICTIM-MARK', 1, 'x.tar', 1, 'x')`, [ids.export, victim.customerId, ids.instance]);
  await api.rows(`INSERT INTO invoice (id, customer_id, status, amount_due_cents, amount_paid_cents, amount_remaining_cents, currency, description, created) VALUES ('in_1', $1, 'open', 1, 0, 1, 'usd', 'VICTIM-MARK', now())`, [victim.customerId]);
});
afterAll(() => api.stop());

/** Bodies that would be taken from the right person, so that it is the policy that refuses and not the check of the body. */
const BODIES: Readonly<Record<string, object>> = {
  updateMe: { name: 'Taken over' }, testProviderKey: { provider: 'openai', key: 'sk-good-0123456789' }, saveProviderKey: { provider: 'openai', key: 'sk-good-0123456789' },
  createInstance: { planId: 'free', provider: 'openai' }, updateInstance: { name: 'Taken over' }, sendMessage: { message: 'Hi' }, openCheckout: { planId: 'pro', instanceId: ids.instance },
  confirmPhone: { code: '123456' }, previewPlanChange: { planId: 'team' }, changePlan: { planId: 'team' },
  act: { reason: 'Not mine to say', days: 3, stage: 'active', invoiceId: 'in_1', instanceId: ids.instance }, simulatePolicy: { source: 'generated', customers: 1, seed: 1 },
};
const FILLED: Readonly<Record<string, string>> = { provider: 'openai', subdomain: 'victims-address', verb: 'extend-grace' };
/** Whose `:id` it is. */
const idIn = (path: string): string => (path.includes('/exports/') ? ids.export : path.includes('/support/customers/') ? victim.customerId : ids.instance);

function request(route: RouteEntry, cookie: string | undefined, id?: string, filled = FILLED) {
  const name = route.handler.split('.')[1]!;
  const path = route.path.replace(/:(\w+)/g, (_, parameter: string) => filled[parameter] ?? id ?? idIn(route.path));
  const body = ['POST', 'PATCH', 'PUT'].includes(route.method) ? (BODIES[name] ?? {}) : undefined;
  return api.call(route.method, path, { ...(cookie === undefined ? {} : { cookie }), ...(body === undefined ? {} : { body }) });
}

const checksums = async (): Promise<string> =>
  JSON.stringify(await Promise.all(TABLES.map(async (table) => [table, (await api.rows<{ sum: string }>(`SELECT md5(COALESCE(string_agg(t::text, '|' ORDER BY t::text), '')) AS sum FROM ${table} t`))[0]!.sum])));

const leaks = (text: string): string[] => SECRETS.filter((secret) => text.includes(secret));

describe('every route', () => {
  it('has a policy, and an application with one that has none does not start', async () => {
    @Controller('forgotten')
    class ForgottenController {
      @Get() read(): string { return 'open to all'; }
    }
    expect(routes.length).toBeGreaterThan(30);
    expect(routes.filter(({ policy }) => policy === null)).toEqual([]);
    await expect(ApiUnderTest.start({}, [ForgottenController])).rejects.toThrow('GET /api/v1/forgotten (ForgottenController.read)');
  });

  it('asked as nobody, or with a session that is forged or ended: 401, and nothing changes', async () => {
    const ended = (await api.signUp('ended@example.com')).cookie;
    await api.call('POST', '/api/auth/sign-out', { body: {}, cookie: ended });
    const before = await checksums();
    for (const route of routes.filter(({ policy }) => policy?.kind !== 'public')) {
      for (const cookie of [undefined, 'clawkeep.session_token=forged.signature', `${victim.cookie.slice(0, -6)}AAAAAA`, ended]) {
        const answer = await request(route, cookie);
        expect([route.handler, answer.status, answer.body['code']]).toEqual([route.handler, 401, 'NOT_SIGNED_IN']);
      }
    }
    expect(await checksums()).toBe(before);
  });

  it('asked for another customer\'s things: the same 404 as for what is not there, 0 leaks, nothing changes', async () => {
    await api.addKey(other.customerId);
    const before = await checksums();
    for (const route of routes.filter(({ path, policy }) => path.includes(':id') && policy?.kind !== 'public' && policy?.kind !== 'staff')) {
      const [theirs, nobodys] = [await request(route, other.cookie), await request(route, other.cookie, randomUUID())];
      const without = (text: string): string => text.replace(/"requestId":"[^"]+"/, '');
      expect([route.handler, theirs.status, without(theirs.text)]).toEqual([route.handler, 404, without(nobodys.text)]);
      expect([route.handler, (await request(route, other.cookie, 'not-an-id')).status]).toEqual([route.handler, 404]);
    }
    const checkout = routes.find(({ handler }) => handler.endsWith('.openCheckout'))!;
    expect((await request(checkout, other.cookie)).status).toBe(404);
    expect(await checksums()).toBe(before);
    for (const route of routes.filter(({ method, handler }) => method === 'GET' && !/streamEvents|getHealth|getReadiness/.test(handler))) {
      // Who asks for an address by its name hears the name again, and whether it is free.
      if (route.handler.endsWith('.checkSubdomain')) continue;
      expect([route.handler, leaks((await request(route, other.cookie)).text)]).toEqual([route.handler, []]);
    }
  });

  it('asked by a lower role of the same customer: 403, and nothing changes', async () => {
    const lower = await api.signUp('lower@example.com');
    await api.rows('UPDATE member SET customer_id = $2, role = $3 WHERE user_id = $1', [lower.userId, victim.customerId, 'member']);
    const before = await checksums();
    const higher = routes.filter(({ policy }) => policy?.kind === 'admin' || policy?.kind === 'owner');
    expect(higher.length).toBeGreaterThan(10);
    for (const route of higher) expect([route.handler, (await request(route, lower.cookie)).status]).toEqual([route.handler, 403]);
    await api.rows(`UPDATE member SET role = 'admin' WHERE user_id = $1`, [lower.userId]);
    for (const route of routes.filter(({ policy }) => policy?.kind === 'owner')) expect([route.handler, (await request(route, lower.cookie)).status]).toEqual([route.handler, 403]);
    await api.rows(`UPDATE member SET role = 'member' WHERE user_id = $1`, [lower.userId]);
    expect(await checksums()).toBe(before);
  });

  it('asked by staff, who have no customer: 403 wherever a customer is needed', async () => {
    for (const route of routes.filter(({ policy }) => policy !== null && policy.kind !== 'public' && policy.kind !== 'staff' && !policy.staffToo)) {
      for (const { cookie } of [staff, support]) expect([route.handler, (await request(route, cookie)).status]).toEqual([route.handler, 403]);
    }
  });

  it('of staff, asked by the customer itself, by another, or by staff of another kind: the same 403 whatever it names, 0 leaks, nothing changes', async () => {
    const ofStaff = routes.filter(({ policy }) => policy?.kind === 'staff');
    const rolesOf = ({ policy }: RouteEntry): readonly StaffRole[] => (policy?.kind === 'staff' ? policy.roles : []);
    expect(new Set(ofStaff.flatMap(rolesOf))).toEqual(new Set(['support', 'finance']));
    // Each write is asked with a body that is good for it.
    expect(ofStaff.filter(({ method, handler }) => method !== 'GET' && BODIES[handler.split('.')[1]!] === undefined)).toEqual([]);
    const before = await checksums();
    for (const route of ofStaff) {
      const wrong = [victim, other, ...(rolesOf(route).includes('support') ? [] : [support]), ...(rolesOf(route).includes('finance') ? [] : [staff])];
      expect(wrong.length).toBeGreaterThanOrEqual(3);
      for (const { cookie } of wrong) {
        for (const [id, verb] of [[undefined, undefined], [randomUUID(), 'set-stage'], ['not-an-id', 'no-such-verb']] as const) {
          const answer = await request(route, cookie, id, verb === undefined ? FILLED : { ...FILLED, verb });
          expect([route.handler, answer.status, answer.body['code'], leaks(answer.text)]).toEqual([route.handler, 403, 'FORBIDDEN', []]);
        }
      }
    }
    expect(await checksums()).toBe(before);
  });

  it('of staff, asked by those whom it is for: let in, and by an operator too', async () => {
    const operator = await api.signUp('operator@example.com');
    await api.makeStaff(operator, 'operator');
    for (const route of routes.filter(({ policy, method }) => policy?.kind === 'staff' && method === 'GET')) {
      for (const { cookie } of [route.policy?.kind === 'staff' && route.policy.roles.includes('support') ? support : staff, operator]) {
        const { status } = await request(route, cookie);
        expect([route.handler, status]).toEqual([route.handler, 200]);
      }
    }
  });
});
