import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startDockerEmulator, type DockerEmulator } from '#sandbox/emulators/docker-engine/emulator.js';
import { startLlmEmulator, type LlmEmulator } from '#sandbox/emulators/llm/llm-emulator.js';
import { startMailEmulator, type MailEmulator } from '#sandbox/emulators/mail/mail-emulator.js';
import { buildAgentBundle } from '#sandbox/emulators/openclaw/bundle.js';
import { startStripeEmulator, type StripeEmulator } from '#sandbox/emulators/stripe/emulator.js';

/** Stripe waits longer between its tries; here a receiver that is not there yet is asked again soon. */
const WEBHOOK_DELAYS_SECONDS = [0.2, 0.5, 1, 2, 5, 10];

export interface Emulators {
  readonly docker: DockerEmulator;
  readonly llm: LlmEmulator;
  readonly mail: MailEmulator;
  readonly stripe: StripeEmulator;
  close(): Promise<void>;
}

/** The four vendors' stand-ins, each with its own ports and everything it remembers below `stateDir`. */
export async function startEmulators(stateDir: string, stripeSecretKey: string): Promise<Emulators> {
  mkdirSync(stateDir, { recursive: true });
  const agentBundlePath = await buildAgentBundle({ outFile: join(stateDir, 'openclaw-agent.mjs') });
  const started: { stop(): Promise<unknown> }[] = [];
  const keep = <T>(one: T, stop: () => Promise<unknown>): T => { started.push({ stop }); return one; };
  const close = async (): Promise<void> => { await Promise.all(started.map((one) => one.stop())); };
  try {
    const docker = await startDockerEmulator({ port: 0, socketPath: join(stateDir, 'docker.sock'), stateDir: join(stateDir, 'docker'), agentBundlePath });
    keep(docker, () => docker.close());
    const llm = await startLlmEmulator({ pieceDelayMs: 0, slowMs: 100 });
    keep(llm, () => llm.stop());
    const mail = await startMailEmulator();
    keep(mail, () => mail.stop());
    const stripe = await startStripeEmulator({ port: 0, stateDir: null, autoTestClock: true, secretKey: stripeSecretKey, webhookDelaysSeconds: WEBHOOK_DELAYS_SECONDS });
    keep(stripe, () => stripe.close());
    return { docker, llm, mail, stripe, close };
  } catch (error) {
    await close();
    throw error;
  }
}
