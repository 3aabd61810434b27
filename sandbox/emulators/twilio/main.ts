import { join } from 'node:path';
import { loadShortTemplates, SHORT_KINDS, SHORT_LOCALES } from '#config/notices.js';
import type { NewTemplate } from './content-routes.js';
import { startTwilioEmulator } from './emulator.js';

/**
 * Process entry: `TWILIO_ACCOUNT_SID` and `TWILIO_AUTH_TOKEN` (which it demands), `TWILIO_SMS_FROM`, `TWILIO_WHATSAPP_FROM`, `TWILIO_EMULATOR_PORT` (4413),
 * `TWILIO_EMULATOR_STATE_DIR`, `EMULATOR_HOST`, `CONFIG_DIR`. The templates of `config/notices/short.yaml` are there from the start, as an operator makes them at Twilio.
 */
const env = process.env;
const required = (name: string): string => {
  const value = env[name];
  if (value === undefined || value === '') throw new Error(`${name} is missing`);
  return value;
};
const short = loadShortTemplates(join(env['CONFIG_DIR'] ?? 'config', env['NOTICES_FILE'] ?? 'notices/short.yaml'));
const templates: NewTemplate[] = SHORT_KINDS.flatMap((kind) => SHORT_LOCALES.map((locale) => {
  const { name, numbered, places } = short[kind][locale];
  return { friendlyName: name, language: locale, types: { 'twilio/text': { body: numbered } }, variables: Object.fromEntries(places.map((place, index) => [String(index + 1), place])) };
}));
const emulator = await startTwilioEmulator({
  accountSid: required('TWILIO_ACCOUNT_SID'), authToken: required('TWILIO_AUTH_TOKEN'), port: Number(env['TWILIO_EMULATOR_PORT'] ?? 4413), host: env['EMULATOR_HOST'] ?? '127.0.0.1', templates,
  ...(env['TWILIO_EMULATOR_STATE_DIR'] === undefined ? {} : { stateDir: env['TWILIO_EMULATOR_STATE_DIR'] }),
  ...(env['TWILIO_SMS_FROM'] === undefined ? {} : { smsFrom: env['TWILIO_SMS_FROM'] }),
  ...(env['TWILIO_WHATSAPP_FROM'] === undefined ? {} : { whatsappFrom: env['TWILIO_WHATSAPP_FROM'] }),
});
console.log(`Twilio emulator: ${emulator.url}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void emulator.stop().then(() => process.exit(0));
  });
}
