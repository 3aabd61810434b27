import type { EntityManager } from 'typeorm';

/** A status callback of Twilio, reduced to what is kept of it. */
export interface MessageStatusEvent {
  readonly messageSid: string;
  /** Twilio's own word; an open list. */
  readonly status: string;
  readonly errorCode: number | null;
  /** Ours, from the callback's address: it finds a message whose answer was lost. */
  readonly deliveryId: string | null;
}

/** Twilio's statuses (Message resource) in our words; anything else is stored and moves nothing. */
const STATE_OF: Readonly<Record<string, string>> = {
  accepted: 'accepted', scheduled: 'accepted', queued: 'accepted', sending: 'accepted', sent: 'sent', delivered: 'delivered', read: 'read', undelivered: 'undelivered', failed: 'failed', canceled: 'failed',
};
/** Callbacks may come in any order: a state only ever gives way to a later one. */
const RANK = `array_position(ARRAY['owed','sending','accepted','sent','undelivered','failed','delivered','read'], `;

/**
 * Codes by which a person does not want our messages: 21610, they wrote STOP to our number (twilio.com/docs/api/errors/21610); 63014, WhatsApp blocks the
 * message because of what they did (…/63014).
 */
export const OPT_OUT_CODES: readonly number[] = [21_610, 63_014];

/**
 * Stores a callback once, by message and status, and moves its delivery. Call it within a transaction.
 * @returns false where it was stored before.
 */
export async function storeMessageStatus(manager: EntityManager, event: MessageStatusEvent): Promise<boolean> {
  await lockMessage(manager, event.messageSid);
  const stored = await manager.query(
    `INSERT INTO twilio_event (id, message_sid, status, error_code, delivery_id) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING RETURNING id`,
    [`${event.messageSid}:${event.status}`, event.messageSid, event.status, event.errorCode, event.deliveryId]) as unknown[];
  if (stored.length === 0) return false;
  await moveDelivery(manager, event);
  return true;
}

/**
 * Notes that Twilio has taken a delivery as this message, and applies what callbacks have said of it already. Call it within a transaction.
 * @returns false where the delivery is known as another message: it was sent twice.
 */
export async function recordMessageTaken(manager: EntityManager, deliveryId: string, messageSid: string): Promise<boolean> {
  await lockMessage(manager, messageSid);
  const [, moved] = await manager.query(
    `UPDATE notice_delivery SET provider_id = $2, state = CASE WHEN state IN ('owed','sending') THEN 'accepted' ELSE state END, error = NULL, error_code = NULL, updated_at = now()
      WHERE id = $1 AND (provider_id IS NULL OR provider_id = $2)`, [deliveryId, messageSid]) as [unknown, number];
  const events: { status: string; error_code: number | null }[] = await manager.query('SELECT status, error_code FROM twilio_event WHERE message_sid = $1', [messageSid]);
  for (const { status, error_code: errorCode } of events) await moveDelivery(manager, { messageSid, status, errorCode, deliveryId });
  return moved > 0;
}

/** The person opted out there: nothing more is sent to that number until they agree anew. */
export async function endConsent(manager: EntityManager, userId: string, phone: string, code: number): Promise<void> {
  await manager.query(`UPDATE phone_consent SET channel = 'none', opted_out_at = now(), opt_out_code = $3, updated_at = now() WHERE user_id = $1 AND phone = $2`, [userId, phone, code]);
}

/** A callback may overtake the answer to the call that made the message: who writes about a message holds its lock. */
const lockMessage = (manager: EntityManager, messageSid: string): Promise<unknown> => manager.query(`SELECT pg_advisory_xact_lock(hashtextextended('clawkeep.twilio.' || $1, 0))`, [messageSid]);

async function moveDelivery(manager: EntityManager, { messageSid, status, errorCode, deliveryId }: MessageStatusEvent): Promise<void> {
  const state = STATE_OF[status];
  if (state === undefined) return;
  const optedOut = errorCode !== null && OPT_OUT_CODES.includes(errorCode);
  const [rows] = await manager.query(
    `UPDATE notice_delivery SET provider_id = COALESCE(provider_id, $1), state = $3, error_code = $4, error = CASE WHEN $4::integer IS NULL THEN NULL ELSE 'Twilio reported error ' || $4::integer || '.' END, updated_at = now()
      WHERE (provider_id = $1 OR (id = $2::uuid AND provider_id IS NULL)) AND ${RANK} $5::text) > COALESCE(${RANK} state), 9)
      RETURNING user_id, phone`, [messageSid, deliveryId, optedOut ? 'opted_out' : state, errorCode, state]) as [{ user_id: string; phone: string | null }[], number];
  for (const { user_id: userId, phone } of rows) if (optedOut && phone !== null && errorCode !== null) await endConsent(manager, userId, phone, errorCode);
}
