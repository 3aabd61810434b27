import type { Doc } from '../engine/doc.js';
import { invalid } from '../engine/errors.js';
import { randomText } from '../engine/ids.js';
import { page, within } from '../engine/list.js';
import { mergeMetadata } from '../engine/params.js';
import { type Call, del, type Endpoint, get, pathId, post } from '../engine/route.js';
import type { Row } from '../engine/store.js';
import { apiVersion, type World } from '../engine/world.js';

/** Most webhook endpoints an account may have. */
const mostEndpoints = 16;

function createEndpoint({ world, params }: Call): Doc {
  if (world.store.count('webhook_endpoint') >= mostEndpoints) throw invalid(`You have reached the maximum of ${mostEndpoints} test webhook endpoints.`);
  const url = checkUrl(params['url'] as string);
  const secret = `whsec_${randomText(32)}`;
  const version = params['api_version'] as string | undefined;
  if (version !== undefined && version !== apiVersion) throw invalid(`The Stripe emulator sends events of API version ${apiVersion} only.`, 'api_version');
  const row = world.create(
    'webhook_endpoint',
    {
      api_version: version ?? null,
      application: null,
      created: world.wall(),
      description: params['description'] ?? null,
      enabled_events: params['enabled_events'],
      metadata: mergeMetadata({}, params['metadata'] as Doc | undefined),
      status: 'enabled',
      url,
    },
    { hidden: { secret } },
  );
  // The secret is told once, when the endpoint is made.
  return { ...row.doc, secret };
}

function checkUrl(url: string): string {
  try {
    const parsed = new URL(url);
    if (parsed.protocol === 'http:' || parsed.protocol === 'https:') return url;
  } catch {
    // Falls through to the refusal.
  }
  throw invalid('Invalid URL: An explicit scheme (such as https) must be provided.', 'url', 'url_invalid');
}

/** Whether an event has reached every endpoint that listens. */
export function delivered(world: World, event: Row): boolean {
  return world.store.owedOf(event.id) === 0;
}

function matches(type: string, wanted: string): boolean {
  return wanted === '*' || type === wanted || (wanted.endsWith('.*') && type.startsWith(wanted.slice(0, -1)));
}

export const eventEndpoints: Endpoint[] = [
  get('/v1/events', ({ world, params }) => {
    const type = params['type'] as string | undefined;
    const types = params['types'] as string[] | undefined;
    if (type && types) throw invalid('You may only specify one of these parameters: type, types.', 'types');
    if (types && types.length > 20) throw invalid('You can specify up to 20 types.', 'types');
    const success = params['delivery_success'] as boolean | undefined;
    const rows = (success === false ? world.store.owedEvents().flatMap((id) => world.get('event', id) ?? []) : world.store.all('event')).filter(
      (row) =>
        (!type || matches(row.doc['type'] as string, type)) &&
        (!types || types.some((wanted) => matches(row.doc['type'] as string, wanted))) &&
        (success === undefined || delivered(world, row) === success) &&
        within(row.doc['created'] as number, params['created'] as Doc | undefined),
    );
    return page(world, rows, params, '/v1/events');
  }),
  get('/v1/events/:id', (call) => call.world.need('event', pathId(call))),
  post('/v1/webhook_endpoints', createEndpoint),
  get('/v1/webhook_endpoints', ({ world, params }) => page(world, world.store.all('webhook_endpoint'), params, '/v1/webhook_endpoints')),
  get('/v1/webhook_endpoints/:id', (call) => call.world.need('webhook_endpoint', pathId(call), 'webhook endpoint')),
  post('/v1/webhook_endpoints/:id', (call) => {
    const row = call.world.need('webhook_endpoint', pathId(call), 'webhook endpoint');
    call.world.update(row, null, (doc) => {
      if (call.params['url'] !== undefined) doc['url'] = checkUrl(call.params['url'] as string);
      if (call.params['enabled_events'] !== undefined) doc['enabled_events'] = call.params['enabled_events'] as string[];
      if (call.params['description'] !== undefined) doc['description'] = call.params['description'] as string | null;
      if (call.params['disabled'] !== undefined) doc['status'] = call.params['disabled'] === true ? 'disabled' : 'enabled';
      doc['metadata'] = mergeMetadata(doc['metadata'] as Doc, call.params['metadata'] as Doc | undefined);
    });
    return row;
  }),
  del('/v1/webhook_endpoints/:id', (call) => {
    const row = call.world.need('webhook_endpoint', pathId(call), 'webhook endpoint');
    call.world.store.remove(row.id);
    return { id: row.id, object: 'webhook_endpoint', deleted: true };
  }),
];
