import type { Doc } from '../engine/doc.js';
import { invalid } from '../engine/errors.js';
import { randomText } from '../engine/ids.js';
import { page } from '../engine/list.js';
import { mergeMetadata } from '../engine/params.js';
import { required } from '../engine/require.js';
import { type Call, type Endpoint, get, pathId, post } from '../engine/route.js';
import type { Row } from '../engine/store.js';
import type { World } from '../engine/world.js';

const defaults = (): Doc => ({
  customer_update: { allowed_updates: [], enabled: false },
  invoice_history: { enabled: true },
  payment_method_update: { enabled: true, payment_method_configuration: null },
  subscription_cancel: { cancellation_reason: { enabled: false, feedback_options: null, options: [] }, enabled: true, mode: 'at_period_end', proration_behavior: 'none' },
  subscription_pause: { duration: { interval_options: [], type: 'indefinite' }, enabled: false },
  subscription_update: { billing_cycle_anchor: null, default_allowed_updates: [], enabled: false, proration_behavior: 'none', schedule_at_period_end: { conditions: [] }, trial_update_behavior: 'continue_trial' },
});

function merged(base: Doc, change: Doc | undefined): Doc {
  const out = { ...base };
  for (const [name, value] of Object.entries(change ?? {})) out[name] = { ...(base[name] as Doc), ...(value as Doc) };
  return out;
}

function createConfiguration(world: World, params: Doc, isDefault: boolean): Row {
  const row = world.create('billing_portal.configuration', {
    active: true,
    business_profile: { headline: null, privacy_policy_url: null, terms_of_service_url: null, ...(params['business_profile'] as Doc | undefined) },
    created: world.wall(),
    default_return_url: params['default_return_url'] ?? null,
    features: merged(defaults(), params['features'] as Doc | undefined),
    is_default: isDefault,
    login_page: { enabled: false, url: null },
    metadata: mergeMetadata({}, params['metadata'] as Doc | undefined),
    name: params['name'] ?? null,
    updated: world.wall(),
  });
  if (!isDefault) world.emit('billing_portal.configuration.created', row);
  return row;
}

/** The configuration of a portal session; the account's default is made when first needed. */
export function configurationOf(world: World, id: string | undefined): Row {
  if (id) return world.need('billing_portal.configuration', id, 'configuration', 'configuration');
  return world.store.all('billing_portal.configuration').find((row) => row.doc['is_default'] === true) ?? createConfiguration(world, {}, true);
}

function createSession({ world, params }: Call): Row {
  const customer = world.needCustomer(required(params, 'customer'));
  const configuration = configurationOf(world, params['configuration'] as string | undefined);
  if (configuration.doc['active'] !== true) throw invalid('This portal configuration is not active.', 'configuration');
  const flow = params['flow_data'] as Doc | undefined;
  if (flow && !['payment_method_update', 'subscription_cancel'].includes(flow['type'] as string)) {
    throw invalid('The Stripe emulator has the portal flows `payment_method_update` and `subscription_cancel`.', 'flow_data[type]');
  }
  const cancelled = flow?.['subscription_cancel']?.subscription as string | undefined;
  if (flow?.['type'] === 'subscription_cancel') world.need('subscription', required((flow['subscription_cancel'] as Doc | undefined) ?? {}, 'subscription'), 'subscription', 'flow_data[subscription_cancel][subscription]');
  const secret = randomText(40);
  const row = world.create(
    'billing_portal.session',
    {
      configuration: configuration.id,
      created: world.wall(),
      customer: customer.id,
      flow: flow
        ? {
            after_completion: { hosted_confirmation: (flow['after_completion'] as Doc | undefined)?.['type'] === 'hosted_confirmation' ? { custom_message: null, ...((flow['after_completion'] as Doc)['hosted_confirmation'] as Doc | undefined) } : null, redirect: (flow['after_completion'] as Doc | undefined)?.['redirect'] ?? null, type: ((flow['after_completion'] as Doc | undefined)?.['type'] as string | undefined) ?? 'portal_homepage' },
            customer_update: null,
            subscription_cancel: cancelled ? { retention: null, subscription: cancelled } : null,
            subscription_pause: null,
            subscription_update: null,
            subscription_update_confirm: null,
            type: flow['type'],
          }
        : null,
      locale: params['locale'] ?? null,
      return_url: params['return_url'] ?? configuration.doc['default_return_url'] ?? null,
      url: `${world.baseUrl}/p/session/${secret}`,
    },
    { clock: customer.clock, hidden: { secret } },
  );
  world.emit('billing_portal.session.created', row);
  return row;
}

export const portalEndpoints: Endpoint[] = [
  post('/v1/billing_portal/sessions', createSession),
  post('/v1/billing_portal/configurations', ({ world, params }) => createConfiguration(world, params, false)),
  get('/v1/billing_portal/configurations', ({ world, params }) => {
    const rows = world.store.all('billing_portal.configuration').filter((row) => ['active', 'is_default'].every((key) => params[key] === undefined || row.doc[key] === params[key]));
    return page(world, rows, params, '/v1/billing_portal/configurations');
  }),
  get('/v1/billing_portal/configurations/:id', (call) => call.world.need('billing_portal.configuration', pathId(call), 'configuration')),
  post('/v1/billing_portal/configurations/:id', (call) => {
    const row = call.world.need('billing_portal.configuration', pathId(call), 'configuration');
    const { params } = call;
    call.world.update(row, 'billing_portal.configuration.updated', (doc) => {
      for (const key of ['active', 'default_return_url', 'name']) if (params[key] !== undefined) doc[key] = params[key] as unknown;
      doc['features'] = merged(doc['features'] as Doc, params['features'] as Doc | undefined);
      doc['metadata'] = mergeMetadata(doc['metadata'] as Doc, params['metadata'] as Doc | undefined);
      doc['updated'] = call.world.wall();
    });
    return row;
  }),
];
