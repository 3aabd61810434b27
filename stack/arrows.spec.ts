import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
interface Violation { rule: { name: string }; from: string }

/** A bad import for each rule: file → what it imports. The file's folder says which room it pretends to be in. */
const PLANTED: Record<string, [file: string, source: string][]> = {
  'domain-imports-only-itself': [
    ['libs/domain/src/plan/a.ts', "import { x } from '#config/target.js'; export const y = x;"],
    ['libs/domain/src/plan/b.ts', "import { readFileSync } from 'node:fs'; export const y = readFileSync;"],
    ['libs/domain/src/plan/c.ts', "import type Stripe from 'stripe'; export type Y = Stripe;"],
  ],
  'workflows-are-replayable': [
    ['libs/workflows/src/x/a.ts', "import { x } from '#activities/target.js'; export const y = x;"],
    ['libs/workflows/src/x/b.ts', "import { x } from '#database/target.js'; export const y = x;"],
    ['libs/workflows/src/x/c.ts', "import { Injectable } from '@nestjs/common'; export const y = Injectable;"],
    ['libs/workflows/src/x/d.ts', "import { randomUUID } from 'node:crypto'; export const y = randomUUID;"],
    ['libs/workflows/src/x/e.ts', "import { x } from '#config/target.js'; export const y = x;"],
    ['libs/workflows/src/x/f.ts', "import { x } from '#temporal/target.js'; export const y = x;"],
    ['libs/workflows/src/x/g.ts', "import { Client } from '@temporalio/client'; export const y = Client;"],
  ],
  'api-sees-only-contracts': [
    ['apps/api/src/x/a.ts', "import { x } from '#workflows/ports/target.js'; export const y = x;"],
    ['apps/api/src/x/b.ts', "import { x } from '#activities/target.js'; export const y = x;"],
    ['apps/api/src/x/c.ts', "import { x } from '../../../worker/src/target.js'; export const y = x;"],
  ],
  'gateway-lives-alone': [
    ['apps/gateway/src/a.ts', "import { x } from '#temporal/target.js'; export const y = x;"],
    ['apps/gateway/src/b.ts', "import { Client } from '@temporalio/client'; export const y = Client;"],
  ],
  'web-sees-types-only': [
    ['apps/web/src/a.tsx', "import { x } from '../../../libs/domain/src/target.js'; export const y = x;"],
    ['apps/web/src/b.tsx', "import { x } from '#database/target.js'; export const y = x;"],
  ],
  'worker-is-the-top': [['apps/worker/src/a.ts', "import { x } from '../../gateway/src/target.js'; export const y = x;"]],
  'libraries-do-not-know-applications': [['libs/activities/src/a.ts', "import { x } from '../../../apps/worker/src/target.js'; export const y = x;"]],
  'activities-know-no-workflow-code': [['libs/activities/src/b.ts', "import { x } from '#workflows/x/target.js'; export const y = x;"]],
  'database-knows-domain-only': [['libs/database/src/a.ts', "import { x } from '#temporal/target.js'; export const y = x;"]],
  'config-knows-domain-only': [['libs/config/src/a.ts', "import { x } from '#database/target.js'; export const y = x;"]],
  'temporal-is-told-its-settings': [['libs/temporal/src/a.ts', "import { x } from '#config/target.js'; export const y = x;"]],
  'stripe-in-one-folder': [
    ['libs/activities/src/mail/a.ts', "import Stripe from 'stripe'; export const y = Stripe;"],
    ['apps/api/src/billing/a.ts', "import Stripe from 'stripe'; export const y = Stripe;"],
  ],
  'dockerode-in-one-folder': [
    ['libs/activities/src/placement/a.ts', "import Docker from 'dockerode'; export const y = Docker;"],
    ['sandbox/panel/a.ts', "import Docker from 'dockerode'; export const y = Docker;"],
  ],
  'twilio-in-one-folder': [
    ['libs/activities/src/mail/t.ts', "import twilio from 'twilio'; export const y = twilio;"],
    ['apps/api/src/account/t.ts', "import twilio from 'twilio'; export const y = twilio;"],
    ['sandbox/emulators/t.ts', "import twilio from 'twilio'; export const y = twilio;"],
  ],
  'production-knows-no-sandbox': [
    ['libs/activities/src/c.ts', "import { x } from '#sandbox/target.js'; export const y = x;"],
    ['apps/api/src/x/d.ts', "import { x } from '../../../../stack/target.js'; export const y = x;"],
  ],
  'testing-stays-in-tests': [['apps/api/src/x/e.ts', "import { x } from '#testing/target.js'; export const y = x;"]],
  'nobody-imports-a-spec': [['libs/database/src/b.ts', "import { x } from './target.spec.js'; export const y = x;"]],
  'ships-without-dev-dependencies': [['libs/database/src/c.ts', "import fc from 'fast-check'; export const y = fc;"]],
  'no-circular': [['libs/database/src/d.ts', "import { z } from './e.js'; export const y = (): unknown => z;"]],
  'everything-resolves': [['libs/database/src/f.ts', "import { x } from './nowhere.js'; export const y = x;"]],
};

/** Imports that the architecture wants: none of them may be refused. */
const ALLOWED: [file: string, source: string][] = [
  ['libs/workflows/src/y/a.ts', "import { x } from '#domain/target.js'; import { sleep } from '@temporalio/workflow'; export const y = [x, sleep];"],
  ['libs/activities/src/stripe/a.ts', "import Stripe from 'stripe'; import { x } from '#workflows/ports/target.js'; export const y = [Stripe, x];"],
  ['libs/activities/src/docker/a.ts', "import Docker from 'dockerode'; import { x } from '#database/target.js'; export const y = [Docker, x];"],
  ['apps/api/src/webhooks/stripe-webhook.ts', "import Stripe from 'stripe'; export const y = Stripe;"],
  ['libs/activities/src/twilio/a.ts', "import twilio from 'twilio'; import { x } from '#database/target.js'; export const y = [twilio, x];"],
  ['apps/api/src/webhooks/twilio-webhook.ts', "import twilio from 'twilio'; export const y = twilio;"],
  ['apps/api/src/y/a.ts', "import { x } from '#workflows/contracts/target.js'; import { x as z } from '#database/target.js'; export const y = [x, z];"],
  ['apps/worker/src/b.ts', "import { x } from '#activities/target.js'; import { x as z } from '#workflows/x/target.js'; export const y = [x, z];"],
  ['apps/gateway/src/c.ts', "import { x } from '#database/target.js'; import { x as z } from '#domain/target.js'; export const y = [x, z];"],
  ['apps/web/src/c.tsx', "import type { X } from '../../../libs/domain/src/target.types.js'; export type Y = X;"],
  ['libs/database/src/g.spec.ts', "import { x } from '#testing/target.js'; import { expect } from 'vitest'; export const y = [x, expect];"],
  ['sandbox/emulators/z.ts', "import { x } from '#domain/target.js'; export const y = x;"],
];

const TARGETS = [
  'libs/domain/src/target.ts', 'libs/domain/src/target.types.ts', 'libs/config/src/target.ts', 'libs/activities/src/target.ts', 'libs/database/src/target.ts', 'libs/database/src/target.spec.ts',
  'libs/temporal/src/target.ts', 'libs/testing/src/target.ts', 'libs/workflows/src/x/target.ts', 'libs/workflows/src/ports/target.ts', 'libs/workflows/src/contracts/target.ts', 'sandbox/target.ts',
  'stack/target.ts', 'apps/worker/src/target.ts', 'apps/gateway/src/target.ts',
];

describe('the arrows between the rooms', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'clawkeep-arrows-')));
  const found = new Map<string, string[]>();
  const write = (file: string, source: string): void => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), source);
  };

  beforeAll(async () => {
    for (const name of ['package.json', 'tsconfig.json', '.dependency-cruiser.mjs']) cpSync(join(root, name), join(folder, name));
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    for (const target of TARGETS) write(target, 'export const x = 1; export type X = number;');
    // Closes the circle; it is told of once, at the file that comes first.
    write('libs/database/src/e.ts', "import { y } from './d.js'; export const z = (): unknown => y;");
    for (const [file, source] of [...Object.values(PLANTED).flat(), ...ALLOWED]) write(file, source);
    const cruise = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
    const args = [cruise, '--config', '.dependency-cruiser.mjs', '--output-type', 'json', 'apps', 'libs', 'sandbox', 'stack'];
    // It leaves with the number of violations; the answer is on stdout all the same.
    const output = await promisify(execFile)(process.execPath, args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 }).catch((error: { stdout?: string; stderr?: string }) => error);
    const { summary } = JSON.parse(output.stdout ?? '') as { summary: { violations: Violation[] } };
    for (const { rule, from } of summary.violations) found.set(from, [...(found.get(from) ?? []), rule.name]);
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('has a planted import for every rule, and a reason in every rule', async () => {
    const { default: { forbidden: rules } } = await import(join(root, '.dependency-cruiser.mjs')) as { default: { forbidden: { name: string; comment?: string }[] } };
    expect(rules.map(({ name }) => name)).toEqual(Object.keys(PLANTED));
    for (const { name, comment } of rules) expect((comment ?? '').length, `reason of ${name}`).toBeGreaterThan(40);
  });
  it.each(Object.entries(PLANTED).flatMap(([rule, files]) => files.map(([file, source]) => [rule, file, source] as const)))('%s refuses %s: %s', (rule, file) => {
    expect(found.get(file) ?? []).toContain(rule);
  });
  it.each(ALLOWED)('%s is as it should be: %s', (file) => expect(found.get(file) ?? []).toEqual([]));
});
