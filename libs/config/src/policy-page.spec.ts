import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { loadCatalogue } from './plans.js';
import { loadPolicy } from './policies.js';
import { renderDunningPage } from './policy-page.js';

const at = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

it("finance's page says what the policies say", async () => {
  const page = renderDunningPage(['standard', 'smart-retries'].map((name) => loadPolicy(at(`config/policies/${name}.yaml`))), loadCatalogue(at('config/plans/default.yaml')));
  await expect(page).toMatchFileSnapshot(at('docs/policies/dunning.md'));
  expect(page, 'every sentence has its figures').not.toMatch(/undefined|NaN|Infinity/);
});
