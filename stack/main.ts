import { resolve } from 'node:path';
import { renderTable } from './screen.js';
import { isSeeded, seed, whyNoSeed } from './seed/seed.js';
import { eraseState, startStack, type Stack } from './start-stack.js';

// start.mjs has refused unknown options.
const wishes = process.argv.slice(2);

const say = (line: string): void => { process.stdout.write(`${process.uptime().toFixed(1).padStart(6)}s  ${line}\n`); };
const stateDir = resolve(process.env['CLAWKEEP_STATE_DIR'] ?? '.clawkeep');

let stack: Stack | undefined;
let starting: Promise<Stack> | undefined;
let ending: Promise<void> | undefined;
const giveUp = new AbortController();

function end(code: number, why: string): Promise<void> {
  ending ??= (async () => {
    say(why);
    giveUp.abort();
    await starting?.catch(() => undefined);
    await stack?.stop();
    say('Stopped.');
    process.exit(code);
  })();
  return ending;
}
/** The table is the last word of a start: where seeding is to be done first, it says so meanwhile. Who is not needed for a first look moves in after it. */
async function show(running: Stack): Promise<void> {
  const reason = wishes.includes('--no-seed') ? '--no-seed' : whyNoSeed(running);
  if (reason !== null) {
    process.stdout.write(renderTable(running, isSeeded(running) ? { demo: true } : { demo: false, why: reason }));
    return;
  }
  if (!isSeeded(running)) {
    say(`Ready after ${(running.readyMs / 1000).toFixed(1)} s: ${running.urls.dashboard} can be used. Now the demo people move in …`);
    try {
      await seed(running, say, giveUp.signal);
    } catch (error) {
      if (giveUp.signal.aborted) return;
      process.stdout.write(renderTable(running, { demo: false, why: `stopped half way, the next start goes on: ${error instanceof Error ? error.message : String(error)}` }));
      return;
    }
  }
  process.stdout.write(renderTable(running, { demo: true }));
  if (!isSeeded(running, 'money')) await seedMoney(running);
}

/** In the background: nobody waits for it. */
async function seedMoney(running: Stack): Promise<void> {
  say('Those whose payments go wrong move in meanwhile; each is there as soon as it is told here.');
  try {
    await seed(running, say, giveUp.signal, 'money');
  } catch (error) {
    if (!giveUp.signal.aborted) say(`The demo people of unpaid invoices stopped half way, the next start goes on: ${error instanceof Error ? error.message : String(error)}`);
  }
}

let asked = 0;
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    asked += 1;
    // Whoever asks a third time does not want to wait: the reaper ends what is left.
    if (asked > 2) process.exit(130);
    void end(0, 'Stopping …');
  });
}

try {
  if (wishes.includes('--fresh')) {
    say(`Forgetting ${stateDir} …`);
    await eraseState(stateDir);
  }
  say('Starting PostgreSQL, Temporal, the emulators, API, worker and gateway …');
  starting = startStack({ stateDir, say, environment: process.env, docker: 'auto', ports: process.env['CLAWKEEP_PORTS'] === 'free' ? 'free' : 'default', signal: giveUp.signal, onHopeless: (reason) => { void end(1, reason); } });
  stack = await starting;
  if (ending === undefined) await show(stack);
} catch (error) {
  if (ending === undefined) {
    process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}
