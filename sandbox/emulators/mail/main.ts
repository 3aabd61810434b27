import { startMailEmulator } from './mail-emulator.js';

/** Process entry: `MAIL_EMULATOR_PORT` (HTTP), `MAIL_EMULATOR_SMTP_PORT`, `MAIL_EMULATOR_STATE_DIR`, `EMULATOR_HOST`. */
const emulator = await startMailEmulator({
  port: Number(process.env['MAIL_EMULATOR_PORT'] ?? 4416),
  smtpPort: Number(process.env['MAIL_EMULATOR_SMTP_PORT'] ?? 4417),
  host: process.env['EMULATOR_HOST'] ?? '127.0.0.1',
  ...(process.env['MAIL_EMULATOR_STATE_DIR'] === undefined ? {} : { stateDir: process.env['MAIL_EMULATOR_STATE_DIR'] }),
});
console.log(`mail emulator: ${emulator.url}, ${emulator.smtpUrl}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void emulator.stop().then(() => process.exit(0));
  });
}
