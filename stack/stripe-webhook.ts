import { saveSecrets, type StackSecrets } from './secrets.js';

interface WebhookEndpoint { id: string; url: string; status: string; secret?: string }

/**
 * Registers our webhook at the Stripe emulator, as an operator does at Stripe, and keeps the signing secret that it answers once.
 * An endpoint of an earlier start is used again; its address is mended when our port changed.
 */
export async function ensureStripeWebhook(stripeUrl: string, publicUrl: string, stateDir: string, secrets: StackSecrets): Promise<StackSecrets> {
  const url = `${publicUrl}/api/v1/webhooks/stripe`;
  const call = async (method: string, path: string, body?: URLSearchParams): Promise<WebhookEndpoint | undefined> => {
    const response = await fetch(`${stripeUrl}${path}`, { method, headers: { authorization: `Bearer ${secrets.stripeSecretKey}` }, ...(body === undefined ? {} : { body }), signal: AbortSignal.timeout(10_000) });
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`The Stripe emulator refused our webhook endpoint: ${response.status} ${(await response.text()).slice(0, 300)}`);
    return (await response.json()) as WebhookEndpoint;
  };
  const known = secrets.stripeWebhook;
  const present = known === null ? undefined : await call('GET', `/v1/webhook_endpoints/${known.endpointId}`);
  if (known !== null && present !== undefined) {
    if (present.url === url && present.status === 'enabled') return secrets;
    await call('POST', `/v1/webhook_endpoints/${known.endpointId}`, new URLSearchParams({ url, disabled: 'false' }));
    return keep({ ...known, url });
  }
  const made = await call('POST', '/v1/webhook_endpoints', new URLSearchParams({ url, 'enabled_events[]': '*' }));
  if (made?.secret === undefined) throw new Error('The Stripe emulator answered no signing secret for the webhook endpoint');
  return keep({ endpointId: made.id, url, secret: made.secret });

  function keep(stripeWebhook: NonNullable<StackSecrets['stripeWebhook']>): StackSecrets {
    const next = { ...secrets, stripeWebhook };
    saveSecrets(stateDir, next);
    return next;
  }
}
