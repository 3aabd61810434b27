import type { Doc } from '../engine/doc.js';
import { invalid } from '../engine/errors.js';
import type { Row } from '../engine/store.js';
import type { World } from '../engine/world.js';
import { boundary } from './calendar.js';
import { roundCents } from './proration.js';

/** What a coupon takes off one line. */
interface Line {
  amount: number;
  discountable: boolean;
  product: string | null;
}

function usable(world: World, coupon: Row, param: string): void {
  const { max_redemptions: most, redeem_by: until, times_redeemed: used } = coupon.doc;
  if ((most !== null && used >= most) || (until !== null && world.wall() > until) || coupon.doc['valid'] === false) {
    throw invalid(`Coupon ${coupon.id} is used up and cannot be applied.`, param, 'coupon_expired');
  }
}

/** Finds the coupon behind `{coupon}` or `{promotion_code}`, refusing what cannot be redeemed by this customer. */
export function findCoupon(world: World, input: Doc, param: string, customer?: Row): { coupon: Row; promotionCode: Row | null } {
  const code = input['promotion_code'] as string | undefined;
  if (code) {
    const promotion = world.need('promotion_code', code, 'promotion code', `${param}[promotion_code]`);
    const doc = promotion.doc;
    const expired = doc['expires_at'] !== null && world.wall() > doc['expires_at'];
    const usedUp = doc['max_redemptions'] !== null && doc['times_redeemed'] >= doc['max_redemptions'];
    if (doc['active'] !== true || expired || usedUp) throw invalid('This promotion code cannot be redeemed because it is not active or has expired.', `${param}[promotion_code]`, 'promotion_code_expired');
    if (doc['customer'] !== null && customer && doc['customer'] !== customer.id) throw invalid('This promotion code cannot be redeemed because the associated customer does not match.', `${param}[promotion_code]`, 'promotion_code_customer_mismatch');
    if (doc['restrictions'].first_time_transaction === true && customer && world.store.by('invoice', 'customer', customer.id).some((row) => row.doc['status'] === 'paid' && row.doc['amount_paid'] > 0)) {
      throw invalid('This promotion code cannot be redeemed because the associated customer has prior transactions.', `${param}[promotion_code]`, 'promotion_code_customer_not_first_time_order');
    }
    const coupon = world.need('coupon', doc['promotion'].coupon as string, 'coupon', param);
    usable(world, coupon, param);
    return { coupon, promotionCode: promotion };
  }
  const coupon = world.need('coupon', String(input['coupon'] ?? ''), 'coupon', `${param}[coupon]`);
  usable(world, coupon, param);
  return { coupon, promotionCode: null };
}

/** Redeems discounts for a customer and gives their ids. `where` names what they hang on. */
export function redeem(world: World, inputs: Doc[], customer: Row, where: { subscription?: string; invoice?: string; checkoutSession?: string }, param = 'discounts'): string[] {
  return inputs.map((input, index) => {
    const known = input['discount'] as string | undefined;
    if (known) return world.need('discount', known, 'discount', `${param}[${index}][discount]`).id;
    const { coupon, promotionCode } = findCoupon(world, input, `${param}[${index}]`, customer);
    world.store.edit(coupon).doc['times_redeemed'] += 1;
    if (promotionCode) world.store.edit(promotionCode).doc['times_redeemed'] += 1;
    const start = world.now(customer.clock);
    const months = coupon.doc['duration_in_months'] as number | null;
    const row = world.create(
      'discount',
      {
        checkout_session: where.checkoutSession ?? null,
        customer: customer.id,
        end: coupon.doc['duration'] === 'repeating' && months !== null ? boundary(start, 'month', months, 1) : null,
        invoice: where.invoice ?? null,
        promotion_code: promotionCode?.id ?? null,
        source: { coupon: coupon.id, type: 'coupon' },
        start,
        subscription: where.subscription ?? null,
      },
      { clock: customer.clock },
    );
      world.emit('customer.discount.created', row);
    return row.id;
  });
}

/** What each discount takes off each line, in cents: [line][discount]. Percentages of what is left, amounts spread in proportion. */
export function discountAmounts(world: World, lines: Line[], discounts: { id: string; coupon: Doc }[], currency: string): number[][] {
  const left = lines.map((line) => line.amount);
  const taken = lines.map(() => discounts.map(() => 0));
  discounts.forEach(({ coupon }, d) => {
    const products = (coupon['applies_to'] as Doc | undefined)?.['products'] as string[] | undefined;
    const fits = lines.map((line) => line.discountable && (!products || products.length === 0 || (line.product !== null && products.includes(line.product))));
    const percent = coupon['percent_off'] as number | null;
    const shares = lines.map(() => 0);
    if (percent !== null) left.forEach((amount, i) => (shares[i] = fits[i] ? roundCents((amount * percent) / 100) : 0));
    else if (coupon['currency'] === currency) {
      const base = left.map((amount, i) => (fits[i] && amount > 0 ? amount : 0));
      const sum = base.reduce((a, b) => a + b, 0);
      let rest = Math.min(coupon['amount_off'] as number, sum);
      const off = rest;
      base.forEach((amount, i) => {
        const share = Math.min(rest, i === base.length - 1 ? rest : Math.round((off * amount) / (sum || 1)), amount);
        shares[i] = share;
        rest -= share;
      });
      base.forEach((amount, i) => {
        const more = Math.min(rest, amount - (shares[i] ?? 0));
        shares[i] = (shares[i] ?? 0) + more;
        rest -= more;
      });
    }
    shares.forEach((share, i) => {
      left[i] = (left[i] ?? 0) - share;
      (taken[i] as number[])[d] = share;
    });
  });
  return taken;
}

/** The discounts of ids that still run at `at`, with their coupons. */
export function running(world: World, ids: string[], at: number): { id: string; coupon: Doc }[] {
  return ids.flatMap((id) => {
    const row = world.get('discount', id);
    const coupon = row && world.get('coupon', row.doc['source'].coupon as string);
    if (!row || !coupon || (row.doc['end'] !== null && at >= row.doc['end'])) return [];
    return [{ id, coupon: coupon.doc }];
  });
}
