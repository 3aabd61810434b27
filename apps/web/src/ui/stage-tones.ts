import type { Stage } from '#domain/lifecycle/lifecycle.types.js';
import type { Tone } from './Status.js';

/** How a stage of the customer's life looks, the same for subscriber, finance and support. */
export const STAGE_TONES: Readonly<Record<Stage, Tone>> = {
  prospect: 'idle', trialing: 'info', active: 'ok', retrying: 'warn', grace: 'warn', downgraded: 'bad', suspended: 'bad', ended: 'idle', torn_down: 'idle',
};
