import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { getMigrations } from 'better-auth/db/migration';
import { ApiUnderTest, cookieOf, PASSWORD } from '../../test/api-under-test.js';
import { AuthService } from './auth.service.js';

let api: ApiUnderTest;
beforeAll(async () => { api = await ApiUnderTest.start(); });
afterAll(() => api.stop());

const signIn = (email: string, password = PASSWORD) => api.call('POST', '/api/auth/sign-in/email', { body: { email, password } });

describe('accounts', () => {
  it('has every table and column that better-auth wants', async () => {
    const { toBeCreated, toBeAdded } = await getMigrations(api.app.get(AuthService).auth.options);
    expect({ toBeCreated, toBeAdded }).toEqual({ toBeCreated: [], toBeAdded: [] });
  });

  it('signs up with verification: a customer is made with its first member', async () => {
    const email = 'ann@example.com';
    const signedUp = await api.call('POST', '/api/auth/sign-up/email', { body: { email, password: PASSWORD, name: 'Ann', locale: 'ru', callbackURL: '/verified' } });
    expect(signedUp.status).toBe(200);
    expect(signedUp.headers.getSetCookie()).toEqual([]);
    const refused = await signIn(email);
    expect(refused).toMatchObject({ status: 403, body: { code: 'EMAIL_NOT_VERIFIED', detail: expect.any(String), requestId: expect.any(String) } });
    const mail = await api.mails.next(email);
    expect(mail.subject).toBe('Подтвердите адрес почты');
    const link = new URL(mail.links[0]!);
    const verified = await api.call('GET', `${link.pathname}${link.search}`);
    expect(verified.status).toBe(302);
    expect(verified.headers.get('location')).toBe('/verified');
    const cookie = cookieOf(verified);
    const me = await api.call('GET', '/api/v1/users/me', { cookie });
    expect(me).toMatchObject({ status: 200, body: { email, name: 'Ann', role: 'member', locale: 'ru', timeZone: 'UTC', theme: 'auto', customer: { stage: 'prospect', serviceLevel: 'none', planId: null, role: 'owner', nextStep: null, deletionAt: null } } });
    expect((await signIn(email)).status).toBe(200);
  });

  it('takes no role from a sign-up', async () => {
    const answer = await api.call('POST', '/api/auth/sign-up/email', { body: { email: 'eve@example.com', password: PASSWORD, name: 'Eve', role: 'operator' } });
    expect(answer.status === 200 || answer.status === 400).toBe(true);
    expect(await api.rows(`SELECT 1 FROM "user" WHERE role <> 'member'`)).toEqual([]);
  });

  it('does not tell whether an address is known', async () => {
    await api.signUp('known@example.com');
    const again = await api.call('POST', '/api/auth/sign-up/email', { body: { email: 'known@example.com', password: PASSWORD, name: 'Somebody' } });
    const fresh = await api.call('POST', '/api/auth/sign-up/email', { body: { email: 'fresh@example.com', password: PASSWORD, name: 'Somebody' } });
    expect(again.status).toBe(fresh.status);
    expect(Object.keys(again.body).sort()).toEqual(Object.keys(fresh.body).sort());
    expect((await api.mails.next('known@example.com')).subject).toBe('You have an account already');
    const [unknown, wrong] = await Promise.all([signIn('nobody@example.com'), signIn('known@example.com', 'wrong password wrong')]);
    expect([unknown.status, unknown.body['code']]).toEqual([wrong.status, wrong.body['code']]);
    const resets = await Promise.all(['nobody@example.com', 'known@example.com'].map((email) => api.call('POST', '/api/auth/request-password-reset', { body: { email, redirectTo: '/reset-password' } })));
    expect(resets[0]!.text).toBe(resets[1]!.text);
  });

  it('resets a password by a link that works once, and ends all sessions by it', async () => {
    const { email, cookie } = await api.signUp('reset@example.com');
    await api.call('POST', '/api/auth/request-password-reset', { body: { email, redirectTo: '/reset-password' } });
    const link = new URL((await api.mails.next(email)).links[0]!);
    const redirected = await api.call('GET', `${link.pathname}${link.search}`);
    const token = new URL(redirected.headers.get('location')!, api.url).searchParams.get('token');
    const newPassword = 'another long password';
    expect((await api.call('POST', '/api/auth/reset-password', { body: { token, newPassword } })).status).toBe(200);
    expect((await api.call('POST', '/api/auth/reset-password', { body: { token, newPassword: PASSWORD } })).status).toBe(400);
    expect((await api.call('GET', '/api/v1/users/me', { cookie })).status).toBe(401);
    expect((await signIn(email)).status).toBe(401);
    expect((await signIn(email, newPassword)).status).toBe(200);
  });

  it('signs out everywhere', async () => {
    const { email, cookie } = await api.signUp('everywhere@example.com');
    const other = cookieOf(await signIn(email));
    expect((await api.call('POST', '/api/auth/revoke-sessions', { body: {}, cookie })).status).toBe(200);
    for (const session of [cookie, other]) expect((await api.call('GET', '/api/v1/users/me', { cookie: session })).status).toBe(401);
  });

  it('makes the customer at the first request where a crash left it out, once', async () => {
    const { cookie, customerId } = await api.signUp('healed@example.com');
    await api.rows('DELETE FROM customer WHERE id = $1', [customerId]);
    const answers = await Promise.all(Array.from({ length: 8 }, () => api.call<{ customer: { id: string } }>('GET', '/api/v1/users/me', { cookie })));
    expect(new Set(answers.map(({ body }) => body.customer.id)).size).toBe(1);
  });

  it('gives staff no customer', async () => {
    const person = await api.signUp('staff@example.com');
    await api.makeStaff(person, 'support');
    expect(await api.call('GET', '/api/v1/users/me', { cookie: person.cookie })).toMatchObject({ status: 200, body: { role: 'support', customer: null } });
    expect(await api.call('GET', '/api/v1/instances', { cookie: person.cookie })).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
  });

  it('refuses a page of another site, at better-auth and at our own routes', async () => {
    const { email, cookie } = await api.signUp('site@example.com');
    expect((await api.call('POST', '/api/auth/sign-in/email', { body: { email, password: PASSWORD }, cookie, headers: { origin: 'https://evil.example' } })).status).toBe(403);
    const patch = (headers: Record<string, string>) => api.call('PATCH', '/api/v1/users/me', { body: { name: 'X' }, cookie, headers });
    expect(await patch({ origin: 'https://evil.example' })).toMatchObject({ status: 403, body: { code: 'FOREIGN_ORIGIN' } });
    expect((await patch({ 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await patch({ origin: 'http://localhost:4400' })).status).toBe(200);
    expect((await patch({})).status).toBe(200);
  });

  it('changes the profile, and names what it cannot take', async () => {
    const { cookie } = await api.signUp('profile@example.com');
    expect(await api.call('PATCH', '/api/v1/users/me', { cookie, body: { name: '  Zoë ', timeZone: 'Europe/Berlin', theme: 'dark', locale: 'ru' } }))
      .toMatchObject({ status: 200, body: { name: 'Zoë', timeZone: 'Europe/Berlin', theme: 'dark', locale: 'ru' } });
    const refused = await api.call<{ fields: Record<string, string> }>('PATCH', '/api/v1/users/me', { cookie, body: { timeZone: 'Mars/Olympus', theme: 'pink', name: '', role: 'operator' } });
    expect(refused).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED' } });
    expect(Object.keys(refused.body.fields).sort()).toEqual(['name', 'role', 'theme', 'timeZone']);
  });

  it('deletes with 30 days of grace, not while a subscription renews, and takes it back', async () => {
    const { cookie, customerId } = await api.signUp('leaving@example.com');
    await api.rows(`INSERT INTO subscription (id, customer_id, status, created) VALUES ('sub_live', $1, 'active', now())`, [customerId]);
    expect(await api.call('DELETE', '/api/v1/users/me', { cookie })).toMatchObject({ status: 409, body: { code: 'SUBSCRIPTION_RENEWS' } });
    await api.rows(`UPDATE subscription SET cancel_at_period_end = true WHERE id = 'sub_live'`);
    const asked = await api.call<{ deletionAt: string }>('DELETE', '/api/v1/users/me', { cookie });
    expect(asked.status).toBe(202);
    expect(Date.parse(asked.body.deletionAt) - Date.now()).toBeGreaterThan(29.9 * 86_400_000);
    expect((await api.call<{ deletionAt: string }>('DELETE', '/api/v1/users/me', { cookie })).body.deletionAt).toBe(asked.body.deletionAt);
    expect(await api.call('POST', '/api/v1/users/me/restore', { cookie })).toMatchObject({ status: 200, body: { customer: { deletionAt: null } } });
  });

  it('never answers odd input to better-auth with a 5xx', async () => {
    const bodies = [{ email: 'a\u0000@example.com', password: PASSWORD, name: 'A' }, { email: 'b@example.com', password: PASSWORD, name: 'B\u0000' }, { email: 'c@example.com', password: PASSWORD, name: '\ud800' },
      { email: 1, password: [], name: {} }, { email: 'd@example.com', password: PASSWORD, name: 'D', locale: 'x'.repeat(5_000) }, { email: 'e@example.com', password: 'p'.repeat(5_000), name: 'E' }, [], {}];
    for (const body of bodies) {
      for (const path of ['sign-up/email', 'sign-in/email', 'request-password-reset', 'reset-password', 'update-user', 'nonsense']) {
        const answer = await api.call('POST', `/api/auth/${path}`, { body });
        expect([path, answer.status, answer.text]).toEqual([path, expect.toSatisfy((status: number) => status < 500), expect.any(String)]);
        if (answer.status >= 400) expect(answer.body).toMatchObject({ code: expect.any(String), detail: expect.any(String), requestId: expect.any(String) });
      }
    }
  });
});
