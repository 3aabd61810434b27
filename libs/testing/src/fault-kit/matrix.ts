import type { Harness } from '../harness/harness.js';
import { cellName, REMOVES_ON_HOST, type Cell } from './cells.js';
import type { FaultMode, FaultPlan } from './fault-plan.js';
import { FREE, LifeRunner, PAID, type Life } from './lives.js';
import { cleanViolations, successViolations } from './oracle.js';

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
  readonly onResult?: (result: CellResult) => void;
}

/** A life can carry a fault in its provisioning and another in its teardown: two cells for one assistant. */
interface LifePlan { readonly first: Cell | null; readonly teardown: Cell | null }

/** Cells that mostly wait for a time-out may be many at once. */
const WAITING_AT_ONCE = 16;

/**
 * Lives every cell and judges its end by ground truth: a running, answering assistant, or a clean slate, nothing between. Each cell must
 * also have hit: a fault that never came is a violation, so the matrix cannot go blind.
 */
export async function runMatrix(harness: Harness, plan: FaultPlan, cells: readonly Cell[], options: MatrixOptions = {}): Promise<CellResult[]> {
  const results: CellResult[] = [];
  const tell = (result: CellResult): void => { results.push(result); options.onResult?.(result); };
  const lives = pairUp(cells);
  const waits = ({ first, teardown }: LifePlan): boolean => first?.mode === 'lostAnswer' || teardown?.mode === 'lostAnswer';
  const work = async (queue: LifePlan[], atOnce: number): Promise<void> => {
    await Promise.all(Array.from({ length: atOnce }, async () => {
      for (let next = queue.shift(); next; next = queue.shift()) await liveOnce(harness, plan, new LifeRunner(harness, plan, options.patienceMs), next, tell);
    }));
  };
  await Promise.all([work(lives.filter(waits), WAITING_AT_ONCE), work(lives.filter((life) => !waits(life)), options.atOnce ?? 8)]);
  return results;
}

/** Provisionings that end well carry the teardown cells; what is left over gets lives of its own. */
function pairUp(cells: readonly Cell[]): LifePlan[] {
  const teardowns = cells.filter(({ scenario }) => scenario === 'teardown');
  const slow = teardowns.filter(({ mode }) => mode === 'lostAnswer');
  const quick = teardowns.filter(({ mode }) => mode !== 'lostAnswer');
  const lives = cells.filter(({ scenario }) => scenario !== 'teardown').map((cell): LifePlan => {
    const lasts = cell.expect === 'success' && (cell.scenario === 'provision' || cell.scenario === 'evaluate');
    return { first: cell, teardown: lasts ? ((cell.mode === 'lostAnswer' ? slow : quick).shift() ?? null) : null };
  });
  return [...lives, ...[...slow, ...quick].map((teardown): LifePlan => ({ first: null, teardown }))];
}

async function liveOnce(harness: Harness, plan: FaultPlan, runner: LifeRunner, { first, teardown }: LifePlan, tell: (result: CellResult) => void): Promise<void> {
  let life: Life | null = null;
  if (first === null) {
    life = await runner.begin(FREE);
    await runner.untilRunning(life);
  } else {
    tell(await judged(first, async () => {
      const planted: Planted[] = [];
      const paid = first.scenario === 'checkout' || first.scenario === 'cancel' || first.scenario === 'refund';
      life = await runner.begin(paid ? PAID : FREE, {
        breaks: first.scenario === 'undo' || first.scenario === 'refund',
        prepare: (begun) => { if (first.scenario !== 'cancel') planted.push(plant(harness, plan, first, begun)); },
      });
      const lift = (): void => planted.forEach((one) => one.lift());
      if (first.scenario === 'refund') await runner.untilRefunded(life);
      else await runner.untilProvisionEnds(life, lift);
      if (first.scenario === 'cancel') {
        planted.push(plant(harness, plan, first, life));
        await runner.cancelAndResume(life);
      }
      return judge(harness, first, life, planted[0]!);
    }));
  }
  if (life === null) return;
  const living: Life = life;
  if ((await runner.status(living)) !== 'running') {
    if (teardown !== null) tell({ cell: cellName(teardown), outcome: 'violation', violations: ['its assistant did not come up'], seconds: 0 });
    return;
  }
  const remove = async (): Promise<{ outcome: 'clean'; violations: string[] }> => {
    living.attention.length = 0;
    const planted = teardown === null ? null : plant(harness, plan, teardown, living);
    await runner.remove(living, () => planted?.lift());
    const violations = cleanViolations(await harness.truth(living), 'gone');
    return { outcome: 'clean', violations: [...violations, ...(teardown === null || planted === null ? [] : await ofFault(teardown, living, planted))] };
  };
  const last = teardown ?? first;
  const result = await judged(last!, remove);
  if (teardown !== null) tell(result);
  // The removal after a cell that ended well shows what the cell left double.
  else if (result.outcome === 'violation') tell({ ...result, cell: `${result.cell}, then removed` });
}

interface Planted { readonly fired: () => number | Promise<number>; readonly lift: () => void }

function plant(harness: Harness, plan: FaultPlan, { scenario, step, mode }: Cell, life: Life): Planted {
  if (mode === 'hostSilent') return silence(harness, REMOVES_ON_HOST[step.activityType]!, life);
  const workflowId = scenario === 'teardown' ? life.teardownId : scenario === 'provision' || scenario === 'undo' ? life.provisionId : life.customerWorkflowId;
  const planted: FaultMode = mode === 'failsTwice' ? 'transientBefore' : mode === 'failsForEver' ? 'failsBefore' : mode;
  return plan.plant({
    workflowId, activityType: step.activityType, occurrence: mode === 'failsForEver' ? null : step.occurrence, mode: planted,
    ...(mode === 'failsTwice' ? { attempts: 2 } : {}),
  });
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

async function judged(cell: Cell, act: () => Promise<{ outcome: 'success' | 'clean'; violations: string[] }>): Promise<CellResult> {
  const began = performance.now();
  const seconds = (): number => Math.round((performance.now() - began) / 100) / 10;
  try {
    const { outcome, violations } = await act();
    return { cell: cellName(cell), outcome: violations.length === 0 ? outcome : 'violation', violations, seconds: seconds() };
  } catch (error) {
    return { cell: cellName(cell), outcome: 'violation', violations: [error instanceof Error ? error.message : String(error)], seconds: seconds() };
  }
}

async function judge(harness: Harness, cell: Cell, life: Life, planted: Planted): Promise<{ outcome: 'success' | 'clean'; violations: string[] }> {
  const truth = await harness.truth(life);
  const succeeded = truth.status !== 'failed';
  const violations = succeeded ? successViolations(truth, life.instanceId, await harness.ask(life)) : cleanViolations(truth, 'failed');
  if (cell.expect === 'success' && !succeeded) violations.push(`ended undone: ${truth.statusReason ?? ''}`);
  if ((cell.expect === 'clean' || cell.expect === 'attention') && succeeded) violations.push('ended in success, which the scenario does not allow');
  return { outcome: succeeded ? 'success' : 'clean', violations: [...violations, ...await ofFault(cell, life, planted)] };
}

async function ofFault(cell: Cell, life: Life, planted: Planted): Promise<string[]> {
  return [
    ...(await planted.fired() > 0 ? [] : ['the fault never came']),
    ...(cell.expect === 'attention' && life.attention.length === 0 ? ['nobody was asked for help'] : []),
    ...(cell.expect !== 'attention' && life.attention.length > 0 ? [`a person was needed: ${life.attention.join('; ')}`] : []),
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
