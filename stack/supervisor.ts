import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { RUN_MARK, startIdOf } from './process-identity.js';
import { writeRunRecord } from './records.js';
import { builtScript } from './root.js';
import { SupervisedProcess, type ProcessSpec } from './supervised-process.js';

export interface SupervisorEvents {
  say(line: string): void;
  /** A process keeps dying; everything else still runs and is to be stopped by the caller. */
  hopeless(reason: string): void;
}

/** Owns every process of one run: writes down which live, starts the reaper beside itself, stops all in order. */
export class Supervisor {
  readonly processes = new Map<string, SupervisedProcess>();
  readonly #supervisor = { pid: process.pid, startId: startIdOf(process.pid) };
  #reaper: ChildProcess | undefined;
  #stopping: Promise<void> | undefined;

  constructor(private readonly stateDir: string, private readonly runId: string, private readonly events: SupervisorEvents) {
    for (const folder of ['logs', 'run']) mkdirSync(join(stateDir, folder), { recursive: true });
    this.#write();
    this.#startReaper();
  }

  /** Starts a process and resolves once it serves. */
  async start(spec: ProcessSpec): Promise<SupervisedProcess> {
    if (this.#stopping !== undefined) throw new Error('The stack is being stopped.');
    const supervised = new SupervisedProcess(spec, {
      changed: () => this.#write(),
      died: (name, how, backoffMs) => this.events.say(`${name} ${how}; started again in ${backoffMs / 1000} s (${spec.logFile})`),
      recovered: (name) => this.events.say(`${name} is back`),
      hopeless: (name, how, lastLines) => this.events.hopeless(`${name} keeps dying (${how}). Its last lines (${spec.logFile}):\n${lastLines}`),
    });
    this.processes.set(spec.name, supervised);
    await supervised.start();
    return supervised;
  }

  /** Stops everything, users before what they use. Safe to call twice. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    const tiers = new Set([...this.processes.values()].map(({ spec }) => spec.tier));
    for (const tier of [...tiers].sort((a, b) => b - a)) {
      await Promise.all([...this.processes.values()].filter(({ spec }) => spec.tier === tier).map((supervised) => supervised.stop()));
    }
    await this.#dismissReaper();
  }

  #write(): void {
    writeRunRecord(this.stateDir, {
      runId: this.runId, supervisor: this.#supervisor,
      children: [...this.processes.values()].flatMap(({ name, pid, startId, spec }) => (pid === undefined ? [] : [{ name, pid, startId, stopSignal: spec.stopSignal ?? 'SIGTERM', tier: spec.tier }])),
    });
  }

  #startReaper(): void {
    const environment = { ...process.env };
    // It must not find itself by the mark of a run.
    delete environment[RUN_MARK];
    const reaper = spawn(process.execPath, ['--max-semi-space-size=1', builtScript('reaper.js'), this.stateDir], { stdio: ['pipe', 'ignore', 'ignore'], detached: true, env: environment });
    reaper.stdin?.on('error', () => undefined);
    reaper.on('error', () => undefined);
    reaper.unref();
    (reaper.stdin as unknown as { unref?: () => void } | null)?.unref?.();
    this.#reaper = reaper;
  }

  async #dismissReaper(): Promise<void> {
    const reaper = this.#reaper;
    if (reaper === undefined || reaper.exitCode !== null) return;
    const gone = new Promise<void>((resolve) => reaper.once('exit', () => resolve()));
    reaper.ref();
    reaper.stdin?.end('done');
    await gone;
  }
}
