import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from './records.js';

export interface StackSecrets {
  authSecret: string;
  encryptionKeys: string;
  temporalCodecKeys: string;
  postgresPassword: string;
  stripeSecretKey: string;
  /** The emulator chooses its signing secret itself, as Stripe does; known once our endpoint is registered there. */
  stripeWebhook: { endpointId: string; url: string; secret: string } | null;
  /** Of the Twilio emulator. */
  twilioAccountSid: string;
  twilioAuthToken: string;
  /** Of all demo sign-ins; printed at the start. */
  demoPassword: string;
}

const key = (id: string): string => `${id}:${randomBytes(32).toString('base64')}`;
const word = (bytes: number): string => randomBytes(bytes).toString('base64url');
const fileOf = (stateDir: string): string => join(stateDir, 'secrets.json');

/** The secrets of this installation: made once, kept readable by their owner only. */
export function loadSecrets(stateDir: string): StackSecrets {
  mkdirSync(stateDir, { recursive: true });
  let stored: Partial<StackSecrets> = {};
  try {
    stored = JSON.parse(readFileSync(fileOf(stateDir), 'utf8')) as Partial<StackSecrets>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw new Error(`${fileOf(stateDir)} can't be read; without it nothing stored can be decrypted. Mend it, or begin anew with \`npm start -- --fresh\`.`);
  }
  const secrets: StackSecrets = {
    authSecret: word(36), encryptionKeys: key('k1'), temporalCodecKeys: key('t1'), postgresPassword: word(18),
    stripeSecretKey: `sk_test_${randomBytes(24).toString('hex')}`, stripeWebhook: null,
    twilioAccountSid: `AC${randomBytes(16).toString('hex')}`, twilioAuthToken: randomBytes(16).toString('hex'), demoPassword: `demo-${word(9)}`,
    ...stored,
  };
  saveSecrets(stateDir, secrets);
  return secrets;
}

export function saveSecrets(stateDir: string, secrets: StackSecrets): void {
  replaceFile(fileOf(stateDir), `${JSON.stringify(secrets, null, 2)}\n`, 0o600);
}
