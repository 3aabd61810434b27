import type { Request, Router } from 'express';
import { advance, clockOf, moveClock, readTarget, type ClockMove } from './clock.js';
import { readCustomerFacts } from './customer-facts.js';
import { renderCustomerLive, renderCustomerPage } from './customer-page.js';
import { notFound } from './refusal.js';
import type { Player } from './player.js';
import { STORIES } from './stories.js';
import { isUuid, type World } from './world.js';

type Route = (method: 'get' | 'post' | 'delete', path: string, answer: (request: Request) => Promise<unknown>) => void;
const idOf = (request: Request): string => String(request.params['customerId']);

/** One customer's life: its page, and what drives it. */
export function customerRoutes(router: Router, route: Route, world: World, player: Player): void {
  const { runs } = player;

  /** The ready-made stories: name, title, about, and the steps in words. */
  route('get', '/stories', () => Promise.resolve(Object.entries(STORIES).map(([name, { title, about, steps }]) => ({ name, title, about, steps: steps.map(({ says }) => says) }))));
  /** Plays a story, `{until?: stage}`; answers when the customer's world is quiet. */
  route('post', '/customers/:customerId/stories/:name', async (request) => {
    const played = await player.story(idOf(request), String(request.params['name']), request.body);
    return { ...played, said: `${STORIES[played.name]?.title ?? played.name}: ${played.stopped ? 'stopped' : 'played'} in ${seconds(played.tookMs)}; ${played.standing.stage}, service ${played.standing.serviceLevel}.` };
  });
  /** To the next thing that is due for this customer. */
  route('post', '/customers/:customerId/next-event', async (request) => {
    const played = await player.nextEvent(idOf(request));
    return { ...played, said: `${played.events.join('; ')}: ${played.standing.stage}. ${inWords(played)}` };
  });
  /** Event by event through `{days?: 365}`; answers at its end. */
  route('post', '/customers/:customerId/year', async (request) => {
    const played = await player.year(idOf(request), request.body);
    return { ...played, said: `${played.stopped ? 'Stopped' : `${played.days} days`} in ${seconds(played.tookMs)}, ${played.steps} steps: ${played.moves.length === 0 ? played.standing.stage : played.moves.map(({ stage }) => stage).join(' → ')}.` };
  });
  /** Ends what is being played after the step it is in. */
  const stop = (request: Request): Promise<unknown> => Promise.resolve(runs.stop(idOf(request)) ? { stopping: true, said: 'Stops after this step.' } : { stopping: false, said: 'Nothing is being played.' });
  route('post', '/customers/:customerId/stop', stop);
  /** What is being played, or was last; null where nothing was. */
  route('get', '/customers/:customerId/run', (request) => Promise.resolve(runs.of(idOf(request))));
  /** Everything of one customer, as its page shows it. */
  route('get', '/customers/:customerId/facts', (request) => readCustomerFacts(world, idOf(request), runs.of(idOf(request))));

  /** Moves the customer's test clock by `{advanceTo}` or `{advanceDays}`; answers when the world is quiet. */
  route('post', '/customers/:customerId/clock', async (request) => {
    const customerId = idOf(request);
    if (request.is('urlencoded') !== 'urlencoded') return moveClock(world, customerId, request.body);
    // The page's own buttons: as fast as events allow, with progress, and one at a time.
    return runs.play(customerId, 'The clock', 0, async (run) => {
      const clock = await clockOf(world, customerId);
      const move = await advance(world, customerId, clock, readTarget(request.body, clock.now), {
        pace: 'events', quiet: 'customer', before: () => !run.stopping,
        after: (at, events) => { run.line = `${new Date(at * 1000).toISOString().slice(0, 16).replace('T', ' ')} ${events.join('; ')}`; return true; },
      });
      return { ...move, said: inWords(move) };
    });
  });

  router.get('/customers/:customerId', (request, response, next) => {
    const said = request.query['said'];
    facts(request).then((one) => response.type('html').send(renderCustomerPage(one, world.stripe.isThere, typeof said === 'string' ? said.slice(0, 300) : null)), next);
  });
  router.get('/customers/:customerId/live', (request, response, next) => { facts(request).then((one) => response.type('html').send(renderCustomerLive(one).text), next); });
  const facts = (request: Request): ReturnType<typeof readCustomerFacts> => (isUuid(idOf(request)) ? readCustomerFacts(world, idOf(request), runs.of(idOf(request))) : Promise.reject(notFound('There is no such customer.')));
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const inWords = ({ to, steps, tookMs }: ClockMove): string => `The clock stands at ${to} (${steps} steps, ${seconds(tookMs)}).`;
