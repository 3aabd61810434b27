import type { Harness } from '../harness/harness.js';
import { cellName, MONEY_SCENARIOS, REMOVES_ON_HOST, type Cell, type CellMode } from './cells.js';
import type { FaultMode, FaultPlan } from './fault-plan.js';
import { DEAD_END, FREE, LifeRunner, PAID, type Life } from './lives.js';
import { waitFor } from '../harness/wait-for.js';
import { cleanViolations, endedViolations, successViolations, type Allowed } from './oracle.js';

export interface CellResult {
  readonly cell: string;
  readonly outcome: 'success' | 'clean' | 'violation';
  readonly violations: readonly string[];
  readonly seconds: number;
}

export interface MatrixOptions {
  /** Lives at once, besides those that wait for a time-out. */
  readonly atOnce?: number;
  /** How long one part of a life may take, in milliseconds. */
  readonly patienceMs?: number;
  /** Every cell in a life of its own: three times as long, and a violation names its only cause. */
  readonly each?: boolean;
  readonly onResult?: (result: CellResult) => void;
}

/** A life can carry faults in its first part and others in its teardown: the cells of both have this one life. */
interface LifePlan { readonly first: readonly Cell[]; readonly teardown: readonly Cell[] }

/** Cells that mostly wait for a time-out may be many at once. */
const WAITING_AT_ONCE = 10;
/** Modes after which a life goes on as if nothing had been: all steps can be hit in one life, as omicron's sagas are run with every node repeated. */
const TOGETHER: ReadonlySet<CellMode> = new Set<CellMode>(['transientBefore', 'transientAfter', 'runsTwice', 'runsTwiceAtOnce', 'lostAnswer', 'failsTwice', 'hostSilent']);
/** Each lost answer costs a time-out. */
const MOST_LOST_ANSWERS = 3;

/**
 * Lives every cell and judges its end by ground truth: a running, answering assistant, or a clean slate, nothing between. Each cell must
 * also have hit: a fault that never came is a violation, so the matrix cannot go blind.
 */
export async function runMatrix(harness: Harness, plan: FaultPlan, cells: readonly Cell[], options: MatrixOptions = {}): Promise<CellResult[]> {
  const results: CellResult[] = [];
  const tell = (result: CellResult): void => { results.push(result); options.onResult?.(result); };
  const lives = planLives(cells, options.each === true);
  const waits = ({ first, teardown }: LifePlan): boolean => [...first, ...teardown].some(({ mode }) => mode === 'lostAnswer');
  const work = async (queue: LifePlan[], atOnce: number): Promise<void> => {
    await Promise.all(Array.from({ length: atOnce }, async () => {
      for (let next = queue.shift(); next; next = queue.shift()) await liveOnce(harness, plan, new LifeRunner(harness, plan, options.patienceMs), next, tell);
    }));
  };
  await Promise.all([work(lives.filter(waits), WAITING_AT_ONCE), work(lives.filter((life) => !waits(life)), options.atOnce ?? 6)]);
  return results;
}

/** Cells that bear it share a life; lives that go on after their first part carry the teardown cells. */
function planLives(cells: readonly Cell[], each: boolean): LifePlan[] {
  const groups = new Map<string, Cell[][]>();
  cells.forEach((cell, at) => {
    const { scenario, mode, expect } = cell;
    const shares = !each && (TOGETHER.has(mode) || expect === 'attention' || MONEY_SCENARIOS.has(scenario));
    const key = shares ? `${scenario} ${mode} ${expect}` : `${at}`;
    const chunks = groups.get(key) ?? [[]];
    groups.set(key, chunks);
    if (mode === 'lostAnswer' && chunks.at(-1)!.length === MOST_LOST_ANSWERS) chunks.push([]);
    chunks.at(-1)!.push(cell);
  });
  const all = [...groups.values()].flat();
  const teardowns = all.filter(([cell]) => cell!.scenario === 'teardown');
  const lives = all.filter(([cell]) => cell!.scenario !== 'teardown').map((first): LifePlan => {
    const { scenario, mode, expect } = first[0]!;
    const at = expect === 'success' && (scenario === 'provision' || scenario === 'evaluate') ? teardowns.findIndex(([other]) => (other!.mode === 'lostAnswer') === (mode === 'lostAnswer')) : -1;
    return { first, teardown: at < 0 ? [] : teardowns.splice(at, 1)[0]! };
  });
  return [...lives, ...teardowns.map((teardown): LifePlan => ({ first: [], teardown }))];
}

async function liveOnce(harness: Harness, plan: FaultPlan, runner: LifeRunner, { first, teardown }: LifePlan, tell: (result: CellResult) => void): Promise<void> {
  let life: Life | null = null;
  const { scenario } = first[0] ?? { scenario: 'provision' };
  const paid = scenario === 'checkout' || scenario === 'cancel' || scenario === 'refund' || scenario === 'dunning';
  const plantedLater = scenario === 'cancel' || MONEY_SCENARIOS.has(scenario);
  const began = await judged(first, async () => {
    let planted: Planted[] = [];
    life = await runner.begin(scenario === 'ending' ? DEAD_END : paid ? PAID : FREE, {
      breaks: scenario === 'undo' || scenario === 'refund',
      prepare: (begun) => { if (!plantedLater) planted = first.map((cell) => plant(harness, plan, cell, begun)); },
    });
    if (scenario === 'refund') await runner.untilRefunded(life);
    else await runner.untilProvisionEnds(life, () => planted.forEach((one) => one.lift()));
    // The customer's own workflow may still wait for an answer that was lost, while the assistant runs already.
    if (scenario === 'evaluate') await waitFor('every fault came', async () => ((await Promise.all(planted.map((one) => one.fired()))).every((count) => count > 0) ? true : undefined)).catch(() => undefined);
    if (scenario === 'cancel') {
      planted = first.map((cell) => plant(harness, plan, cell, life!));
      await runner.cancelAndResume(life);
    }
    if (MONEY_SCENARIOS.has(scenario)) {
      await runner.atRest(life);
      planted = first.map((cell) => plant(harness, plan, cell, life!));
      await (scenario === 'dunning' ? runner.payLate(life) : runner.neverPay(life));
    }
    return first.length === 0 ? { outcome: 'success', violations: [] } : judge(harness, first, life, planted);
  });
  began.forEach(tell);
  if (life === null) return;
  const living: Life = life;
  if ((await runner.status(living)) !== 'running') {
    for (const cell of teardown) tell({ cell: cellName(cell), outcome: 'violation', violations: ['its assistant did not come up'], seconds: 0 });
    return;
  }
  const removed = await judged(teardown.length > 0 ? teardown : first, async () => {
    living.attention.length = 0;
    const planted = teardown.map((cell) => plant(harness, plan, cell, living));
    await runner.remove(living, () => planted.forEach((one) => one.lift()));
    return { outcome: 'clean', violations: [...cleanViolations(await harness.truth(living), 'gone', allowedTo(first[0])), ...await ofFaults(teardown, living, planted)] };
  });
  if (teardown.length > 0) removed.forEach(tell);
  // The removal after cells that ended well shows what they left double.
  else removed.filter(({ outcome }) => outcome === 'violation').forEach((result) => tell({ ...result, cell: `${result.cell}, then removed` }));
}

interface Planted { readonly fired: () => number | Promise<number>; readonly lift: () => void }

function plant(harness: Harness, plan: FaultPlan, { scenario, step, mode }: Cell, life: Life): Planted {
  if (mode === 'hostSilent') return silence(harness, REMOVES_ON_HOST[step.activityType]!, life);
  const workflowId = scenario === 'teardown' ? life.teardownId : scenario === 'provision' || scenario === 'undo' ? life.provisionId : life.customerWorkflowId;
  const before = MONEY_SCENARIOS.has(scenario) ? plan.steps(workflowId).filter(({ activityType }) => activityType === step.activityType).length : 0;
  const planted: FaultMode = mode === 'failsTwice' ? 'transientBefore' : mode === 'failsForEver' ? 'failsBefore' : mode;
  const handle = plan.plant({
    workflowId, activityType: step.activityType, occurrence: mode === 'failsForEver' ? null : before + step.occurrence, mode: planted,
    ...(mode === 'failsTwice' ? { attempts: 2 } : {}),
  });
  // What has not come yet is still to come, when a person has mended what has.
  return { fired: handle.fired, lift: () => { if (handle.fired() > 0) handle.lift(); } };
}

/** The engine hangs up on the next removal of this instance's things; whether it did is seen by the fault being used up. */
function silence(harness: Harness, path: string, { instanceId }: Life): Planted {
  const faults = `http://127.0.0.1:${harness.emulators.docker.port}/_emulator/faults`;
  const fault = { kind: 'down', method: 'DELETE', path: `${path}ck-${instanceId}`, count: 1 };
  const planted = fetch(faults, { method: 'POST', body: JSON.stringify(fault) }).then((response) => response.ok, () => false);
  return {
    lift: () => undefined,
    async fired() {
      const { faults: left } = await (await fetch(faults.replace('/faults', '/state'))).json() as { faults: { path?: string }[] };
      return await planted && !left.some((one) => one.path === fault.path) ? 1 : 0;
    },
  };
}

async function judged(cells: readonly Cell[], act: () => Promise<{ outcome: 'success' | 'clean'; violations: string[] }>): Promise<CellResult[]> {
  const began = performance.now();
  const told = (outcome: CellResult['outcome'], violations: readonly string[]): CellResult[] => {
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    return cells.map((cell) => ({ cell: cellName(cell), outcome, violations, seconds }));
  };
  try {
    const { outcome, violations } = await act();
    return told(violations.length === 0 ? outcome : 'violation', violations);
  } catch (error) {
    return told('violation', [error instanceof Error ? error.message : String(error)]);
  }
}

async function judge(harness: Harness, cells: readonly Cell[], life: Life, planted: readonly Planted[]): Promise<{ outcome: 'success' | 'clean'; violations: string[] }> {
  const truth = await harness.truth(life);
  const { expect, scenario } = cells[0]!;
  if (scenario === 'ending') return { outcome: 'clean', violations: [...cleanViolations(truth, 'gone', allowedTo(cells[0])), ...endedViolations(truth), ...await ofFaults(cells, life, planted)] };
  const succeeded = truth.status !== 'failed';
  const violations = succeeded ? successViolations(truth, life.instanceId, await harness.ask(life), allowedTo(cells[0])) : cleanViolations(truth, 'failed');
  if (expect === 'success' && !succeeded) violations.push(`ended undone: ${truth.statusReason ?? ''}`);
  if ((expect === 'clean' || expect === 'attention') && succeeded) violations.push('ended in success, which the scenario does not allow');
  return { outcome: succeeded ? 'success' : 'clean', violations: [...violations, ...await ofFaults(cells, life, planted)] };
}

/** The sign-up and, where the life is paid late, one renewal. */
const allowedTo = (cell: Cell | undefined): Allowed => ({ charges: cell?.scenario === 'dunning' ? 2 : 1, longLife: cell !== undefined && MONEY_SCENARIOS.has(cell.scenario) });

async function ofFaults(cells: readonly Cell[], life: Life, planted: readonly Planted[]): Promise<string[]> {
  const never = (await Promise.all(cells.map(async (cell, at) => (await planted[at]!.fired() > 0 ? [] : [`the fault never came: ${cellName(cell)}`])))).flat();
  // Two undos of one step ask in the same words.
  const asked = life.attention.length;
  const wanted = cells.filter(({ expect }) => expect === 'attention').length;
  return [
    ...never,
    ...(asked < wanted ? [`a person was asked ${asked} times, not ${wanted}`] : []),
    ...(wanted === 0 && asked > 0 ? [`a person was needed: ${life.attention.join('; ')}`] : []),
  ];
}

/** One row a step, one column a mode. */
export function matrixTable(results: readonly CellResult[]): string {
  const rows = new Map<string, Map<string, string>>();
  const modes = [...new Set(results.map(({ cell }) => cell.split(' ')[2]!.replace(',', '')))];
  for (const { cell, outcome } of results) {
    const [scenario, step, mode] = cell.split(' ') as [string, string, string];
    const name = `${scenario} ${step}`;
    rows.set(name, (rows.get(name) ?? new Map<string, string>()).set(mode.replace(',', ''), outcome));
  }
  const wide = Math.max(...[...rows.keys()].map((name) => name.length));
  const line = (name: string, values: readonly string[]): string => `${name.padEnd(wide)}  ${values.map((value, at) => value.padEnd(modes[at]!.length)).join('  ')}`;
  return [line('', modes), ...[...rows].map(([name, values]) => line(name, modes.map((mode) => values.get(mode) ?? '·')))].join('\n');
}
