import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts, type Ports } from '../stack/ports.js';
import { startStack, type Stack } from '../stack/start-stack.js';
import { say } from './bench-stack.js';
import { figuresOf, type ProcessFigures } from './processes.js';
import { surroundings, table, verdict, writeSection } from './report.js';
import { fixed, median, mib, seconds, sum, worst } from './statistics.js';

/** How long a built stack takes to be ready, cold and warm, and what it costs while nobody is there. */
const ROUNDS = 3;
const SETTLE_MS = 15_000;
const IDLE_MS = 20_000;
const AIM_READY_MS = 15_000;
const AIM_BYTES = 1.2 * 1_073_741_824;

interface Idle { processes: ProcessFigures[]; cpuMs: ReadonlyMap<string, number> }

const before = await surroundings();
const cold: number[] = [];
const warm: number[] = [];
const idles: Idle[] = [];
let temporalFrom = '';
for (let round = 1; round <= ROUNDS; round += 1) {
  const stateDir = mkdtempSync(join(tmpdir(), 'clawkeep-bench-'));
  const ports = await freePorts(stateDir);
  try {
    cold.push(await lives(stateDir, ports, async () => undefined));
    warm.push(await lives(stateDir, ports, async (stack) => {
      temporalFrom = stack.temporalFrom;
      idles.push(await idleFigures(stack));
    }));
    say(`round ${round} of ${ROUNDS}: cold ${seconds(cold.at(-1) ?? 0)}, warm ${seconds(warm.at(-1) ?? 0)}, ${mib(rss(idles.at(-1)))}`);
  } finally {
    rmSync(stateDir, { recursive: true, force: true });
  }
}

const totals = idles.map(rss);
const shown = idles[totals.indexOf(worst(totals))] ?? { processes: [], cpuMs: new Map() };
const pss = sum(shown.processes.map(({ pssBytes }) => pssBytes));
writeSection({
  name: 'idle-stack', title: 'Idle stack', before, body: `
A built stack with emulators only, nobody in it; ${ROUNDS} rounds on fresh state folders. Ready: from the call of \`startStack\` until \`GET /api/v1/ready\` says that every part works. Temporal: ${temporalFrom.replace(/.*, from/, 'from')}.

${table(['', 'median', 'worst', 'aim', ''], [
    ['ready, cold (new database, migrations)', seconds(median(cold)), seconds(worst(cold)), seconds(AIM_READY_MS, 0), verdict(worst(cold) <= AIM_READY_MS)],
    ['ready, warm (restart of that state)', seconds(median(warm)), seconds(worst(warm)), seconds(AIM_READY_MS, 0), verdict(worst(warm) <= AIM_READY_MS)],
    ['RSS, all processes', mib(median(totals)), mib(worst(totals)), mib(AIM_BYTES), verdict(worst(totals) <= AIM_BYTES)],
    ['CPU while idle, all processes, of one core', `${fixed(median(idles.map(cpuShare)), 1)} %`, `${fixed(worst(idles.map(cpuShare)), 1)} %`, '', ''],
  ])}

Of the heaviest round, ${SETTLE_MS / 1_000} s after it was ready (shared pages counted once: ${mib(pss)}, that is ${fixed(100 * pss / worst(totals))} % of the RSS; what two processes share, such as the program itself and Postgres's buffers, is in the RSS of each):

${table(['process', 'processes', 'RSS', 'PSS', `CPU in ${IDLE_MS / 1_000} s`], shown.processes.toSorted((a, b) => b.rssBytes - a.rssBytes).map(({ name, count, rssBytes, pssBytes }) => [name, count, mib(rssBytes), mib(pssBytes), seconds(shown.cpuMs.get(name) ?? 0)]))}
`,
});

/** One start and stop; answers the time until it was ready in ms. */
async function lives(stateDir: string, ports: Ports, meanwhile: (stack: Stack) => Promise<void>): Promise<number> {
  const stack = await startStack({ stateDir, ports, quiet: true, docker: 'emulator' });
  try {
    await meanwhile(stack);
    return stack.readyMs;
  } finally {
    await stack.stop();
  }
}

async function idleFigures(stack: Stack): Promise<Idle> {
  await delay(SETTLE_MS);
  const first = new Map(figuresOf(stack).map(({ name, cpuMs }) => [name, cpuMs]));
  await delay(IDLE_MS);
  const processes = figuresOf(stack);
  return { processes, cpuMs: new Map(processes.map(({ name, cpuMs }) => [name, cpuMs - (first.get(name) ?? 0)])) };
}

function rss(idle: Idle | undefined): number { return sum((idle?.processes ?? []).map(({ rssBytes }) => rssBytes)); }
function cpuShare(idle: Idle): number { return 100 * sum([...idle.cpuMs.values()]) / IDLE_MS; }
