import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { allCells } from '#testing/fault-kit/cells.js';
import { FAULT_MODES, FaultPlan } from '#testing/fault-kit/fault-plan.js';
import { KIT_PLANS_FILE } from '#testing/fault-kit/lives.js';
import { discoverSteps, readManifest } from '#testing/fault-kit/manifest.js';
import { matrixTable, runMatrix, type CellResult } from '#testing/fault-kit/matrix.js';
import { startHarness, type Harness } from '#testing/harness/harness.js';

const MANIFEST = join(process.cwd(), 'test/faults/manifest.json');

/** Each step of provisioning, its undo, teardown and the customer's own effects × each way to go wrong: a running assistant or a clean slate. */
describe.skipIf(inject('temporalAddress') === null)('fault matrix', () => {
  const plan = new FaultPlan();
  let harness: Harness;
  let results: CellResult[] = [];

  beforeAll(async () => {
    harness = await startHarness({ postgresUrl: inject('postgresUrl'), temporalAddress: inject('temporalAddress') ?? '', environment: { PLANS_FILE: KIT_PLANS_FILE }, activityInterceptors: [plan.interceptor] });
  });
  afterAll(async () => { await harness.stop(); });

  it('knows every step: a new one gets its cells by `node dist/test/faults/run.js --write-manifest --only nothing`', async () => {
    expect(await discoverSteps(harness, plan)).toEqual(readManifest(MANIFEST));
  }, 120_000);

  it('ends in success or on a clean slate, in every cell', async () => {
    const cells = allCells(readManifest(MANIFEST));
    for (const mode of FAULT_MODES) expect(cells.some((cell) => cell.mode === mode)).toBe(true);
    results = await runMatrix(harness, plan, cells);
    console.info(`${matrixTable(results)}\n${results.length} cells`);
    expect(results.filter(({ outcome }) => outcome === 'violation')).toEqual([]);
    expect(results).toHaveLength(cells.length);
  }, 900_000);

  it('leaves no slot counted, no file half written, no workflow behind that needs anything', async () => {
    const { rows: [counted] } = await harness.pool.query<{ used: number; reserved: number; half: number }>(
      `SELECT h.used_slots AS used, (SELECT count(*)::int FROM slot_reservation) AS reserved,
              (SELECT count(*)::int FROM instance WHERE status NOT IN ('running', 'gone', 'failed')) AS half FROM host h`);
    const { rows: [running] } = await harness.pool.query<{ count: number }>(`SELECT count(*)::int AS count FROM instance WHERE status = 'running'`);
    expect(counted).toEqual({ used: running?.count, reserved: running?.count, half: 0 });
    const anyone = await harness.pool.query<{ id: string; customer_id: string; email: string }>(`SELECT i.id, i.customer_id, '' AS email FROM instance i LIMIT 1`);
    expect((await harness.truth({ instanceId: anyone.rows[0]!.id, customerId: anyone.rows[0]!.customer_id, email: 'nobody@example.test' })).partials).toEqual([]);
  });
});
