import { type Endpoint, get } from '../engine/route.js';

/** The account behind the key: one US account that takes cards. */
export const accountEndpoints: Endpoint[] = [
  get('/v1/account', () => ({
    id: 'acct_1ClawkeepSandbox00',
    object: 'account',
    business_type: 'company',
    capabilities: { card_payments: 'active', transfers: 'active' },
    charges_enabled: true,
    country: 'US',
    default_currency: 'usd',
    details_submitted: true,
    email: null,
    payouts_enabled: true,
    settings: { dashboard: { display_name: 'Clawkeep sandbox', timezone: 'Etc/UTC' } },
    type: 'standard',
  })),
];
