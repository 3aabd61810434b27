import { startLlmEmulator } from './llm-emulator.js';

/** Process entry: `LLM_EMULATOR_PORT`, `EMULATOR_HOST`. */
const emulator = await startLlmEmulator({
  port: Number(process.env['LLM_EMULATOR_PORT'] ?? 4415),
  host: process.env['EMULATOR_HOST'] ?? '127.0.0.1',
});
console.log(`LLM emulator: ${emulator.url}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void emulator.stop().then(() => process.exit(0));
  });
}
