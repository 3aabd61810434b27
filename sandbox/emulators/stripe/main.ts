/**
 * The Stripe emulator as a process.
 *
 * | variable | default | meaning |
 * |---|---|---|
 * | `STRIPE_EMULATOR_PORT` | 4411 | port on 127.0.0.1 |
 * | `STRIPE_EMULATOR_STATE_DIR` | none | where state is kept over a restart; without it everything is in memory |
 * | `STRIPE_EMULATOR_AUTO_TEST_CLOCK` | off | `1`: every customer made without a test clock gets one, frozen at now |
 * | `STRIPE_SECRET_KEY` | `sk_test_clawkeep_sandbox_emulator` | the one key it takes |
 * | `STRIPE_EMULATOR_RETRIES` | `off` | `smart`: failed renewals are retried eight times in two weeks |
 * | `STRIPE_EMULATOR_RETRY_END` | `leave` | after the last retry: `leave` past_due, `cancel`, `unpaid`, `pause` |
 * | `STRIPE_EMULATOR_WEBHOOK_DELAYS` | `1,5,30,120,600,1800` | seconds between attempts to deliver an event |
 * | `STRIPE_EMULATOR_PUBLIC_URL` | `http://127.0.0.1:<port>` | address in links to its pages |
 */
import { defaultSecretKey, defaultWebhookDelays, startStripeEmulator } from './emulator.js';

function choice<T extends string>(name: string, values: readonly T[], fallback: NoInfer<T>): T {
  const value = process.env[name];
  if (value === undefined || value === '') return fallback;
  if ((values as readonly string[]).includes(value)) return value as T;
  throw new Error(`${name} must be one of ${values.join(', ')}`);
}

async function main(): Promise<void> {
  const env = process.env;
  const emulator = await startStripeEmulator({
    port: Number(env['STRIPE_EMULATOR_PORT'] ?? 4411),
    stateDir: env['STRIPE_EMULATOR_STATE_DIR'] ?? null,
    autoTestClock: env['STRIPE_EMULATOR_AUTO_TEST_CLOCK'] === '1',
    secretKey: env['STRIPE_SECRET_KEY'] ?? defaultSecretKey,
    retries: choice('STRIPE_EMULATOR_RETRIES', ['off', 'smart'] as const, 'off'),
    retryEnd: choice('STRIPE_EMULATOR_RETRY_END', ['leave', 'cancel', 'unpaid', 'pause'] as const, 'leave'),
    webhookDelaysSeconds: env['STRIPE_EMULATOR_WEBHOOK_DELAYS']?.split(',').map(Number) ?? defaultWebhookDelays,
    ...(env['STRIPE_EMULATOR_PUBLIC_URL'] ? { publicUrl: env['STRIPE_EMULATOR_PUBLIC_URL'] } : {}),
  });
  process.stdout.write(`Stripe emulator on ${emulator.baseUrl}\n`);
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    void emulator.close().then(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

main().catch((error: unknown) => {
  process.stderr.write(`Stripe emulator could not start: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
