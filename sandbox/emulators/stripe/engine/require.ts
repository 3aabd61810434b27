import type { Doc } from './doc.js';
import { invalid, noSuch } from './errors.js';
import type { World } from './world.js';

/** A text parameter that this endpoint cannot do without; `parameter_missing` otherwise. */
export function required(params: Doc, name: string): string {
  const value: unknown = params[name];
  if (typeof value !== 'string' || value === '') throw invalid(`Missing required param: ${name}.`, name, 'parameter_missing', { saved: false });
  return value;
}

/** Refuses parameters that Stripe knows and this emulator does not act on, where ignoring them would falsify money. */
export function notEmulated(params: Doc, names: string[]): void {
  for (const name of names) {
    const value: unknown = params[name];
    if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) continue;
    if (typeof value === 'object' && (value as Doc)['enabled'] === false) continue;
    throw invalid(`The Stripe emulator does not act on \`${name}\`; real Stripe does.`, name, undefined, { saved: false });
  }
}

/** Refuses a list filter that names a customer who never was; a deleted one is fine. */
export function knownCustomer(world: World, id: string): void {
  if (!world.get('customer', id)) throw noSuch('customer', id, 'customer');
}
