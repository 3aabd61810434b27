import type { Endpoint } from '../engine/route.js';
import '../billing/standing.js';
import { accountEndpoints } from './account.js';
import { catalogEndpoints } from './catalog.js';
import { checkoutSessionEndpoints } from './checkout-sessions.js';
import { couponEndpoints } from './coupons.js';
import { customerEndpoints } from './customers.js';
import '../payments/settle.js';
import { disputeEndpoints } from './disputes.js';
import { eventEndpoints } from './events.js';
import { intentEndpoints } from './intents.js';
import { invoiceItemEndpoints } from './invoice-items.js';
import { invoiceEndpoints } from './invoices.js';
import { moneyEndpoints } from './money.js';
import { paymentMethodEndpoints } from './payment-methods.js';
import { portalEndpoints } from './portal.js';
import { scheduleEndpoints } from './schedules.js';
import { subscriptionEndpoints } from './subscriptions.js';
import { testClockEndpoints } from './test-clocks.js';

/** Every endpoint of `/v1` that is emulated. */
export const allEndpoints: Endpoint[] = [
  ...accountEndpoints,
  ...customerEndpoints,
  ...catalogEndpoints,
  ...couponEndpoints,
  ...paymentMethodEndpoints,
  ...intentEndpoints,
  ...moneyEndpoints,
  ...disputeEndpoints,
  ...subscriptionEndpoints,
  ...scheduleEndpoints,
  ...invoiceEndpoints,
  ...invoiceItemEndpoints,
  ...checkoutSessionEndpoints,
  ...portalEndpoints,
  ...eventEndpoints,
  ...testClockEndpoints,
];
