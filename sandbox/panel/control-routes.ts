import express, { type Request, type Router } from 'express';
import { customerRoutes } from './customer-routes.js';
import { Player } from './player.js';
import { waitUntilQuiet } from './quiet.js';
import { badField, notFound, Refusal } from './refusal.js';
import { Runs } from './runs.js';
import { makeStaff } from './staff.js';
import { isUuid, type World } from './world.js';

const CONTAINER_FAULTS = ['exit', 'hang', 'unhealthy', 'oom', 'heal'];
const GOOD_CARD = '4242424242424242';
const DEFAULT_QUIET_SECONDS = 30;
const LONGEST_QUIET_SECONDS = 600;
/** Which emulator plays which system's faults; a provider's name narrows the fault to it. */
const FAULT_SYSTEMS = { stripe: 'stripe', docker: 'docker', llm: 'llm', openai: 'llm', anthropic: 'llm', google: 'llm', twilio: 'twilio' } as const;

/** The control API of api.md. Every route answers JSON; a form of the page is sent back to the page. */
export function controlRoutes(world: World): Router {
  const router = express.Router();
  const route = (method: 'get' | 'post' | 'delete', path: string, answer: (request: Request) => Promise<unknown>): void => {
    router[method](path, (request, response, next) => {
      answer(request).then((body) => {
        if (method === 'post' && request.is('urlencoded') !== false && request.accepts(['json', 'html']) === 'html') response.redirect(303, `${backOf(request)}?said=${encodeURIComponent(inWords(body))}`);
        else response.json(body);
      }, next);
    });
  };

  /** Mails sent, newest first; `to` and `since` narrow them. */
  route('get', '/mails', (request) => world.mail.get(`/mails${new URL(request.url, 'http://panel').search}`));
  route('delete', '/mails', () => world.mail.delete('/mails'));

  /** What went to a phone and came from it, newest first. */
  route('get', '/messages', (request) => world.twilio.get(`/_emulator/messages${new URL(request.url, 'http://panel').search}`));
  /** A person writes to our number: `{from, text}`; STOP opts them out, START back in. */
  for (const channel of ['whatsapp', 'sms']) route('post', `/messages/${channel}`, (request) => world.twilio.post('/_emulator/inbound', { ...(request.body as object | undefined), channel }));

  /** What a person does on the pay page. */
  route('post', '/checkout/:sessionId/pay', async (request) => {
    const session = String(request.params['sessionId']);
    if (!/^cs_[A-Za-z0-9_]+$/.test(session)) throw notFound(`There is no checkout session ${session}.`);
    return world.stripe.post(`/_emulator/checkout/${session}/pay`, { ...(request.body as object | undefined), card: card(request.body) });
  });

  /** A card on file, `{card, slot?: subscription | customer | both, decline?}`. */
  route('post', '/customers/:customerId/card', async (request) => {
    const stripeCustomer = await world.stripeCustomerOf(String(request.params['customerId']));
    const { slot, decline } = (request.body ?? {}) as { slot?: unknown; decline?: unknown };
    return world.stripe.post(`/_emulator/customers/${stripeCustomer}/card`, { card: card(request.body), ...(slot === undefined ? {} : { slot }), ...(decline === undefined ? {} : { decline }) });
  });

  /** The customer's bank about every card on file, `{code: a decline code | null, times?}`. */
  route('post', '/customers/:customerId/decline', async (request) => {
    const stripeCustomer = await world.stripeCustomerOf(String(request.params['customerId']));
    return world.stripe.post(`/_emulator/customers/${stripeCustomer}/decline`, request.body);
  });

  /** Makes somebody who has signed up one of the staff, `{email, role: support | finance | operator}`. */
  route('post', '/staff', (request) => makeStaff(world, request.body));

  customerRoutes(router, route, world, new Player(world, new Runs()));

  route('post', '/containers/:instanceId/:fault', async (request) => {
    const instanceId = String(request.params['instanceId']);
    const fault = String(request.params['fault']);
    if (!CONTAINER_FAULTS.includes(fault)) throw badField('fault', `must be one of ${CONTAINER_FAULTS.join(', ')}`);
    if (!isUuid(instanceId)) throw notFound(`There is no instance ${instanceId}.`);
    return world.docker.post(`/_emulator/containers/ck-${instanceId}/${fault}`, request.is('json') ? request.body : {});
  });

  /** Plans faults: `{system, kind, count}`; further fields go to the emulator as they are. */
  route('post', '/faults', async (request) => {
    const { system, kind, count = 1, ...rest } = (request.body ?? {}) as Record<string, unknown>;
    if (!isFaultSystem(system)) throw badField('system', `must be one of ${Object.keys(FAULT_SYSTEMS).join(', ')}`);
    if (typeof kind !== 'string' || kind === '') throw badField('kind', 'must name a fault of that system');
    const times = Number(count);
    if (!Number.isInteger(times) || times < 1 || times > 10_000) throw badField('count', 'must be a whole number from 1 to 10000');
    const emulator = FAULT_SYSTEMS[system];
    const provider = system === 'llm' || emulator !== 'llm' ? {} : { provider: system };
    return world[emulator].post('/_emulator/faults', { kind, count: times, ...provider, ...rest });
  });
  route('get', '/faults', async () => everyEmulator(world, async (name) => (name === 'docker' ? (await world.docker.get<{ faults: unknown }>('/_emulator/state')).faults : world[name].get('/_emulator/faults'))));
  route('delete', '/faults', async () => everyEmulator(world, (name) => world[name].delete('/_emulator/faults')));

  /** 200 once nothing is in flight; 504 with what is when `timeoutSeconds` (30) are over. */
  route('post', '/quiet', async (request) => {
    const { timeoutSeconds = DEFAULT_QUIET_SECONDS } = (request.body ?? {}) as { timeoutSeconds?: unknown };
    const seconds = Number(timeoutSeconds);
    if (!Number.isFinite(seconds) || seconds < 0 || seconds > LONGEST_QUIET_SECONDS) throw badField('timeoutSeconds', `must be a number from 0 to ${LONGEST_QUIET_SECONDS}`);
    const { inFlight, tookMs } = await waitUntilQuiet(world, seconds * 1000);
    if (inFlight.length > 0) throw new Refusal(504, 'NOT_QUIET', `Still in flight after ${seconds} s: ${inFlight.slice(0, 3).join('; ')}`, { quiet: false, tookMs, inFlight });
    return { quiet: true, tookMs };
  });
  return router;
}

function card(body: unknown): string {
  const { card: given = GOOD_CARD } = (body ?? {}) as { card?: unknown };
  const digits = typeof given === 'string' ? given.replaceAll(/[ -]/g, '') : '';
  if (!/^\d{12,19}$/.test(digits)) throw badField('card', 'must be the number of a test card, such as 4242424242424242');
  return digits;
}

const isFaultSystem = (value: unknown): value is keyof typeof FAULT_SYSTEMS => typeof value === 'string' && Object.hasOwn(FAULT_SYSTEMS, value);

async function everyEmulator(world: World, ask: (name: 'stripe' | 'docker' | 'llm' | 'twilio') => Promise<unknown>): Promise<Record<string, unknown>> {
  const names = (['stripe', 'docker', 'llm', 'twilio'] as const).filter((name) => world[name].isThere);
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await ask(name)] as const)));
}

/** The page that a form came from: one of ours, or the first. */
export function backOf(request: Request): string {
  const { back } = (request.body ?? {}) as { back?: unknown };
  return typeof back === 'string' && /^\/customers\/[0-9a-f-]{36}$/.test(back) ? back : '/';
}

/** The answer of a form, as a line of the page. */
function inWords(body: unknown): string {
  const facts = (body ?? {}) as Record<string, unknown>;
  if (typeof facts['said'] === 'string') return facts['said'];
  if (facts['quiet'] === true && facts['steps'] === undefined) return `Quiet after ${String(facts['tookMs'])} ms.`;
  if (facts['steps'] !== undefined) return `The clock stands at ${String(facts['to'])} (${String(facts['steps'])} steps, ${String(facts['tookMs'])} ms).`;
  return 'Done.';
}
