import { NOW } from './now.mjs';
import { staffRoutes } from './staff.mjs';

/** What the API answers in each scene. All instants hang on one frozen "now", so that pictures do not change from day to day. */
const at = (minutes) => new Date(NOW + minutes * 60_000).toISOString();
const DAY = 1440;

const limits = (messagesPerMonth, skills, subAgents, seats = 1, agents = 1, instances = 1) => ({ instances, seats, messagesPerMonth, messagesPerDay: null, skills, agents, subAgents });
const price = (id, amountCents, interval, intervalCount = 1) => ({ id, amountCents, currency: 'usd', interval, intervalCount });
const plans = [
  { id: 'free', name: 'Free', description: '', prices: [], trialHours: 0, limits: limits(100, 3, 0), downgradeTo: null, onCancel: 'end', afterCancelDays: 7 },
  { id: 'pro', name: 'Pro', description: '', prices: [price('pro_month', 2900, 'month'), price('pro_quarter', 7500, 'month', 3), price('pro_year', 29900, 'year')], trialHours: 48, limits: limits(null, 20, 5), downgradeTo: 'free', onCancel: 'end', afterCancelDays: 7 },
  { id: 'team', name: 'Team', description: '', prices: [price('team_month', 7900, 'month')], trialHours: 0, limits: limits(null, 50, 20, 5, 5, 3), downgradeTo: 'free', onCancel: 'end', afterCancelDays: 7 },
];
const customer = (patch) => ({ id: '0193aaaa-0000-7000-8000-000000000001', name: 'Ada', stage: 'active', serviceLevel: 'full', planId: 'pro', overlays: [], nextStep: { what: 'Pro renews.', at: at(30 * DAY), why: 'The subscription to Pro is in order.', code: 'renewal', values: { planName: 'Pro' } }, trialEndsAt: null, currentPeriodEndsAt: at(30 * DAY), cancelAtPeriodEnd: false, deletionAt: null, role: 'owner', ...patch });
const STEPS = ['reserve_slot', 'reserve_port', 'create_network', 'create_volumes', 'create_container', 'write_configuration', 'start_container', 'await_healthy', 'first_answer', 'publish_route', 'announce'];
const steps = (done, last = 'running', error = null) => STEPS.map((name, index) => ({
  name,
  state: index < done ? 'done' : index === done ? last : 'waiting',
  startedAt: index <= done ? new Date(NOW - 6000 + index * 500).toISOString() : null,
  endedAt: index < done ? new Date(NOW - 5600 + index * 500).toISOString() : null,
  error: index === done ? error : null,
}));
const instance = (patch) => ({
  id: '0193bbbb-0000-7000-8000-000000000002', name: 'Kai', subdomain: 'kai', planId: 'pro', provider: 'openai', model: 'gpt-5-mini', skills: [], status: 'running', statusReason: null, statusSince: at(-3 * DAY),
  desiredState: 'running', url: 'https://kai.clawkeep.example', host: 'local', image: 'clawkeep/agent-light:1', generation: 1, version: 12, createdAt: at(-3 * DAY), steps: steps(11), ...patch,
});
const subscription = (patch) => ({ status: 'active', planId: 'pro', priceId: 'pro_month', amountCents: 2900, currency: 'usd', interval: 'month', intervalCount: 1, currentPeriodEndsAt: at(30 * DAY), trialEndsAt: null, cancelAtPeriodEnd: false, endedAt: null, scheduledChange: null, paymentMethod: { brand: 'visa', last4: '4242' }, ...patch });
const invoice = (id, days, status, patch) => ({ id, number: `CK-000${id.slice(-1)}`, status, amountCents: 2900, amountPaidCents: 2900, amountRemainingCents: 0, amountRefundedCents: 0, currency: 'usd', description: null, periodStartsAt: null, periodEndsAt: null, createdAt: at(days * DAY), hostedInvoiceUrl: 'https://example.com/i', invoicePdfUrl: null, receiptUrl: status === 'paid' ? 'https://example.com/r' : null, ...patch });
const key = { provider: 'openai', masked: 'sk-…9xyz', testedAt: at(-3 * DAY), createdAt: at(-3 * DAY) };
const usage = (messages, limit) => ({ today: { startsAt: at(-600), endsAt: at(840), messages: 12, inputTokens: 0, outputTokens: 0 }, month: { startsAt: '2026-11-01T00:00:00.000Z', endsAt: '2026-12-01T00:00:00.000Z', messages, inputTokens: 0, outputTokens: 0 }, limits: { messagesPerMonth: limit, messagesPerDay: null }, days: [] });

const base = {
  customer: customer(), instances: [instance()], subscription: subscription(), invoices: [invoice('in_3', 0, 'paid'), invoice('in_2', -30, 'paid'), invoice('in_1', -60, 'paid', { amountRefundedCents: 2900 })],
  exports: [{ id: 'x1', instanceId: 'i', instanceName: 'Old Kai', bytes: 18_400_000, sha256: '', createdAt: at(-40 * DAY), downloadUrl: '/api/v1/exports/x1/download' }],
  keys: [key], usage: usage(412, null), broken: [], plans,
  answer: 'Here is a **short plan** for three dinners:\n\n1. Lentil soup with lemon\n2. Baked potatoes, cucumber salad\n3. Pasta with `pesto` and peas\n\n| Day | Minutes |\n| --- | --- |\n| Monday | 30 |\n| Wednesday | 55 |\n\n```\nshopping: lentils, lemon, potatoes\n```\n\nShall I write the shopping list?',
  logs: ['gateway listening on 0.0.0.0:18789', 'configuration read, 1 agent, 3 skills', 'provider openai ready', 'warning: skill weather has no key, passed over', 'request 1 answered in 812 ms', 'error: provider answered 429, trying again in 2 s', 'request 2 answered in 2911 ms'].map((text, index) => ({ at: at(index - 60), stream: 'stdout', text })),
};
const nothing = { customer: customer({ stage: 'prospect', planId: null, nextStep: null, currentPeriodEndsAt: null }), instances: [], subscription: null, invoices: [], exports: [], keys: [], usage: usage(0, null) };

const ended = { customer: customer({ stage: 'ended', serviceLevel: 'none', nextStep: { what: '', at: at(5 * DAY), why: '', code: 'teardown', values: { planName: 'Pro' } }, currentPeriodEndsAt: null }), subscription: subscription({ status: 'canceled', endedAt: at(-2 * DAY) }), instances: [instance({ status: 'suspended', url: null })] };

/** A case of a failed payment as the lifecycle tells it. */
const unpaidScene = (stage, serviceLevel, code, days, values = {}, more = {}) => ({
  customer: customer({ stage, serviceLevel, nextStep: { what: 'In the words of the server.', at: days === null ? null : at(days * DAY), why: '$29.00 is open.', code, values: { planName: 'Pro', downgradeToName: 'Free', amountCents: 2900, currency: 'usd', failedAtMs: NOW - 6 * DAY * 60_000, hardDecline: null, pausedUntilMs: null, ...values } } }),
  subscription: subscription({ status: 'past_due' }), invoices: [invoice('in_4', -6, 'open', { amountPaidCents: 0, amountRemainingCents: 2900, invoicePdfUrl: 'https://example.com/p' }), invoice('in_3', -36, 'paid')], ...more,
});
const staff = (role, more = {}) => ({ role, customer: null, instances: [], subscription: null, ...more });

const SCENES = {
  retrying: unpaidScene('retrying', 'full', 'pay_again', 2),
  'lost-card': unpaidScene('retrying', 'full', 'grace', 4, { hardDecline: 'lost_card' }),
  grace: unpaidScene('grace', 'full', 'downgrade', 5, { pausedUntilMs: NOW + 2 * DAY * 60_000 }),
  'grace-ends': unpaidScene('grace', 'full', 'downgrade', 1),
  downgraded: unpaidScene('downgraded', 'downgraded', 'move_to_free', 6, {}, { instances: [instance({ planId: 'free' })] }),
  suspended: unpaidScene('suspended', 'stopped', 'end', 4, {}, { instances: [instance({ status: 'suspended', url: null })] }),
  'suspended-member': { ...unpaidScene('suspended', 'stopped', 'end', 4), memberOnly: true },
  processing: unpaidScene('grace', 'full', 'payment_processing', null),
  disputed: { customer: customer({ overlays: ['dispute_hold'], nextStep: { what: '', at: null, why: '', code: 'dispute', values: { planName: 'Pro' } } }) },
  paused: { customer: customer({ serviceLevel: 'stopped', nextStep: { what: '', at: null, why: '', code: 'paused', values: { planName: 'Pro', pause: 'trial_end_without_payment_method' } } }), subscription: subscription({ status: 'paused', paymentMethod: null }), instances: [instance({ status: 'suspended', url: null })] },
  review: { customer: customer({ overlays: ['review_hold'], nextStep: { what: '', at: null, why: '', code: 'review', values: { planName: 'Pro' } } }) },
  declined: unpaidScene('grace', 'full', 'downgrade', 5, {}, { refuse: { 'POST /api/v1/subscription/pay-now': [402, { code: 'PAYMENT_FAILED', detail: 'The payment did not go through. Choose another card and try again. (Your card has insufficient funds.)' }] } }),
  booked: { subscription: subscription({ planId: 'team', priceId: 'team_month', amountCents: 7900, scheduledChange: { planId: 'pro', priceId: 'pro_month', at: at(30 * DAY) } }), customer: customer({ planId: 'team' }) },
  withdrawn: { subscription: subscription({ planId: 'classic', priceId: 'classic_month', amountCents: 1900 }), customer: customer({ planId: 'classic', nextStep: { what: 'Classic renews.', at: at(30 * DAY), why: '', code: 'renewal', values: { planName: 'Classic' } } }) },
  'preview-fails': { refuse: { 'POST /api/v1/subscription/preview': [503, { code: 'STRIPE_UNAVAILABLE', detail: 'The payment service does not answer at the moment. Please try again shortly.' }] } },
  'phone-unverified': { phone: { phone: '+4915112345678', noticeChannel: 'sms', noticeConsentAt: at(0) } },
  'phone-verified': { phone: { phone: '+4915112345678', phoneVerified: true, noticeChannel: 'whatsapp', noticeConsentAt: at(-DAY) } },
  finance: staff('finance'),
  operator: staff('operator'),
  support: staff('support'),
  'staff-empty': staff('operator', { emptyHouse: true }),
  'staff-broken': staff('operator', { refuse: Object.fromEntries(['finance/summary', 'finance/dunning', 'finance/ledger', 'finance/tie-out', 'finance/ledger/verify', 'support/customers', `support/customers/${customer().id}`].map((path) => [`GET /api/v1/${path}`, [500, { code: 'INTERNAL', detail: 'The books could not be read.' }]])) }),
  running: {},
  nothing,
  key: { ...nothing, keys: [key] },
  trial: { customer: customer({ stage: 'trialing', trialEndsAt: at(2 * DAY), nextStep: { what: 'The trial ends and Pro is charged for the first time.', at: at(2 * DAY), why: 'The trial of Pro runs.', code: 'trial_end', values: { planName: 'Pro' } } }), subscription: subscription({ status: 'trialing', trialEndsAt: at(2 * DAY) }), invoices: [] },
  free: { customer: customer({ planId: 'free', nextStep: { what: 'Free goes on.', at: null, why: 'Free costs nothing.', code: 'free', values: { planName: 'Free' } }, currentPeriodEndsAt: null }), subscription: null, invoices: [], usage: usage(87, 100), instances: [instance({ planId: 'free' })] },
  canceling: { customer: customer({ cancelAtPeriodEnd: true, overlays: ['canceling'], nextStep: { what: 'Pro ends.', at: at(9 * DAY), why: 'It was canceled.', code: 'cancellation', values: { planName: 'Pro' } }, currentPeriodEndsAt: at(9 * DAY) }), subscription: subscription({ cancelAtPeriodEnd: true, currentPeriodEndsAt: at(9 * DAY) }) },
  ended,
  'ended-full': { ...ended, refuse: { 'POST /api/v1/checkout': [409, { code: 'NO_CAPACITY', detail: 'All places are taken.' }] } },
  'torn-down': { ...nothing, keys: [key], customer: customer({ stage: 'torn_down', serviceLevel: 'none', nextStep: { what: '', at: null, why: '', code: 'torn_down', values: { planName: 'Pro' } }, currentPeriodEndsAt: null }), subscription: ended.subscription },
  'soft-plan': { plans: plans.map((plan) => (plan.id === 'pro' ? { ...plan, onCancel: 'free' } : plan)) },
  provisioning: { instances: [instance({ status: 'provisioning', statusSince: at(0), url: null, steps: steps(6) })] },
  failed: { instances: [instance({ status: 'failed', statusSince: at(0), url: null, steps: steps(7, 'failed', 'It did not report ready within 240 s.').map((step, index) => (index < 7 && index > 0 ? { ...step, state: 'undone' } : step)) })] },
  unpaid: { ...nothing, keys: [key], customer: customer({ stage: 'prospect', planId: null, currentPeriodEndsAt: null, nextStep: { what: '', at: null, why: '', code: 'checkout', values: {} } }), instances: [instance({ status: 'awaiting_payment', url: null, steps: [] })] },
  stopped: { instances: [instance({ status: 'stopped', desiredState: 'stopped', statusSince: at(-120) })] },
  gone: { instances: [instance({ status: 'gone', url: null })] },
  removing: { instances: [instance({ status: 'tearing_down', url: null, steps: [{ name: 'unpublish_route', state: 'done', startedAt: at(0), endedAt: at(0) }, { name: 'export_data', state: 'running', startedAt: at(0), endedAt: null }, { name: 'remove_container', state: 'waiting', startedAt: null, endedAt: null }] })] },
  deleting: { customer: customer({ deletionAt: at(28 * DAY) }) },
  full: { ...nothing, keys: [key], refuse: { 'POST /api/v1/instances': [409, { code: 'NO_CAPACITY', detail: 'Every place is taken.' }] } },
  broken: { refuse: { 'GET /api/v1/invoices': [500, { code: 'INTERNAL', detail: 'The invoices could not be read.' }], 'GET /api/v1/usage': [503, { code: 'UNAVAILABLE', detail: 'Usage cannot be read at the moment.' }], 'GET /api/v1/exports': [500, { code: 'INTERNAL', detail: 'The exports could not be read.' }] } },
  down: { refuse: { 'GET /api/v1/instances': [500, { code: 'INTERNAL', detail: 'The assistants could not be read.' }] } },
  'signed-out': { refuse: { 'GET /api/v1/users/me': [401, { code: 'UNAUTHENTICATED', detail: 'Sign in.' }] } },
  'bad-key': { ...nothing, refuse: { 'POST /api/v1/provider-keys': [409, { code: 'KEY_BAD', detail: 'The key is not known.' }] } },
};
export const SCENE_NAMES = Object.keys(SCENES);

export function sceneOf(name) {
  const scene = { ...base, ...SCENES[name] };
  const list = (data) => [200, { data, nextCursor: null }];
  const user = { id: 'u1', email: 'ada@example.com', name: 'Ada Byron', role: scene.role ?? 'member', locale: 'en', timeZone: 'Europe/Berlin', theme: 'auto', phone: null, phoneVerified: false, noticeChannel: 'none', noticeConsentAt: null, ...scene.phone, customer: scene.memberOnly === true ? { ...scene.customer, role: 'member' } : scene.customer };
  const routes = {
    'GET /api/v1/users/me': () => [200, user],
    'PATCH /api/v1/users/me': (body) => [200, { ...user, ...body }],
    'POST /api/v1/users/me/phone/verify': () => [202, { channel: 'sms', sentTo: '+49 … 78', expiresAt: at(10) }],
    'GET /api/v1/plans': () => list(scene.plans),
    'GET /api/v1/models': () => list([{ id: 'gpt-5-mini', name: 'GPT-5 mini', provider: 'openai', needsKeys: ['openai'], isDefault: true }, { id: 'gpt-5', name: 'GPT-5', provider: 'openai', needsKeys: ['openai'], isDefault: false }, { id: 'claude-sonnet-5', name: 'Claude Sonnet 5', provider: 'anthropic', needsKeys: ['anthropic'], isDefault: true }, { id: 'gemini-3-pro', name: 'Gemini 3 Pro', provider: 'google', needsKeys: ['google'], isDefault: true }]),
    'GET /api/v1/provider-keys': () => list(scene.keys),
    'POST /api/v1/provider-keys': () => [201, { ...key, test: { verdict: 'good', usable: true, detail: '', durationMs: 300 } }],
    'GET /api/v1/instances': () => list(scene.instances),
    'POST /api/v1/instances': () => [202, { ...instance({ status: 'awaiting_payment' }), next: 'checkout' }],
    'POST /api/v1/checkout': () => [200, { checkoutUrl: '/app/checkout/return?session=cs_1', expiresAt: at(30), checkoutSessionId: 'cs_1', instanceId: instance().id }],
    'GET /api/v1/usage': () => [200, scene.usage],
    'GET /api/v1/subscription': () => [200, { stage: scene.customer?.stage, overlays: [], nextStep: scene.customer?.nextStep ?? null, subscription: scene.subscription, trialUsed: scene.subscription !== null && (scene.subscription.trialEndsAt !== null || scene.customer?.stage === 'torn_down') }],
    'POST /api/v1/subscription/preview': () => [200, { amountDueCents: 4833, currency: 'usd', prorationAt: at(0), lines: [{ description: 'Unused time on Pro after 21 Nov 2026', amountCents: -2900 }, { description: 'Remaining time on Team after 21 Nov 2026', amountCents: 7733 }] }],
    'POST /api/v1/subscription/pay-now': () => [200, { invoiceId: 'in_4', amountCents: 2900, currency: 'usd' }],
    'GET /api/v1/invoices': () => list(scene.invoices),
    'GET /api/v1/exports': () => list(scene.exports),
    'GET /api/auth/get-session': () => [200, { user: { id: 'u1', email: 'ada@example.com', emailVerified: true } }],
    'POST /api/auth/sign-in/email': () => [401, { code: 'INVALID_EMAIL_OR_PASSWORD', message: 'Invalid email or password' }],
    'POST /api/auth/sign-up/email': () => [200, { user: {} }],
    'POST /api/auth/request-password-reset': () => [200, { status: true }],
  };
  if (scene.role !== undefined) Object.assign(routes, staffRoutes({ empty: scene.emptyHouse === true }));
  return {
    ...scene,
    answer_to: (method, path, body) => {
      const name = `${method} ${path}`;
      if (scene.refuse?.[name] !== undefined) return scene.refuse[name];
      if (routes[name] !== undefined) return routes[name](body);
      const subdomain = /\/instances\/subdomains\/([\w-]+)$/.exec(path)?.[1];
      if (subdomain !== undefined) return [200, { subdomain, available: subdomain !== 'taken', reason: subdomain === 'taken' ? 'It is taken.' : null }];
      const id = /\/instances\/([\w-]+)/.exec(path)?.[1];
      const found = scene.instances.find((one) => one.id === id);
      if (id !== undefined) return found === undefined ? [404, { code: 'NOT_FOUND', detail: 'No such assistant.' }] : [method === 'GET' ? 200 : 202, found];
      if (path.startsWith('/api/v1/support/customers/')) return [404, { code: 'NOT_FOUND', detail: 'There is no such customer.' }];
      return [200, {}];
    },
  };
}
