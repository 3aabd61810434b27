import { badField, notFound } from './refusal.js';
import type { World } from './world.js';

const ROLES = ['support', 'finance', 'operator'] as const;

/**
 * Makes a person who has signed up one of the staff, `{email, role}`. The product grants roles by hand only, and so does this: by SQL. Staff have no
 * customer; the one of the sign-up goes while it is empty. Throws a 400 naming the field, a 404 for an unknown address.
 */
export async function makeStaff(world: World, body: unknown): Promise<{ email: string; role: string }> {
  const { email, role } = (body ?? {}) as { email?: unknown; role?: unknown };
  if (typeof email !== 'string' || email === '') throw badField('email', 'must be the address of somebody who has signed up');
  const wanted = ROLES.find((one) => one === role);
  if (wanted === undefined) throw badField('role', `must be one of ${ROLES.join(', ')}`);
  const { rowCount } = await world.database.query('UPDATE "user" SET role = $1 WHERE email = $2', [wanted, email.toLowerCase()]);
  if (rowCount !== 1) throw notFound(`Nobody has signed up as ${email}.`);
  await world.database.query(
    `WITH membership AS (DELETE FROM member USING customer, "user" WHERE "user".email = $1 AND member.user_id = "user".id AND customer.id = member.customer_id AND customer.stage = 'prospect'
            AND NOT EXISTS (SELECT 1 FROM instance WHERE customer_id = customer.id) RETURNING member.customer_id)
     DELETE FROM customer WHERE id IN (SELECT customer_id FROM membership)`, [email.toLowerCase()]);
  return { email: email.toLowerCase(), role: wanted };
}
