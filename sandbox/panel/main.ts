import { loadEnvironment } from '#config/environment.js';
import { startPanel } from './panel-server.js';

/** Process entry: `SANDBOX_PORT`, the product's own variables, and `*_EMULATOR_URL` of each emulator that runs here. */
const environment = loadEnvironment();
const panel = await startPanel({
  databaseUrl: environment.DATABASE_URL,
  temporal: { address: environment.TEMPORAL_ADDRESS, namespace: environment.TEMPORAL_NAMESPACE, codecKeys: environment.TEMPORAL_CODEC_KEYS },
  publicUrl: environment.PUBLIC_URL,
  temporalUiUrl: environment.TEMPORAL_UI_URL,
  stripeUrl: process.env['STRIPE_EMULATOR_URL'],
  stripeSecretKey: process.env['STRIPE_EMULATOR_URL'] === undefined ? undefined : environment.STRIPE_SECRET_KEY,
  dockerUrl: process.env['DOCKER_EMULATOR_URL'],
  llmUrl: process.env['LLM_EMULATOR_URL'],
  mailUrl: process.env['MAIL_EMULATOR_URL'],
  twilioUrl: process.env['TWILIO_EMULATOR_URL'],
}, Number(process.env['SANDBOX_PORT'] ?? 4410), process.env['SANDBOX_BIND_ADDRESS'] ?? '127.0.0.1');
console.log(`sandbox panel: ${panel.url}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void panel.stop().then(() => process.exit(0));
  });
}
