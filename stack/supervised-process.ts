import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { signal, startIdOf } from './process-identity.js';
import { until } from './probe.js';

export interface ProcessSpec {
  name: string;
  file: string;
  args: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
  /** Run as this user (Postgres refuses root). */
  user?: { uid: number; gid: number };
  stopSignal?: NodeJS.Signals;
  /** How long it may take to stop in order before it is killed. */
  stopMs?: number;
  /** Higher tiers are stopped first: they use what lies lower. */
  tier: number;
  logFile: string;
  /** Says yes once the process serves. */
  probe: () => Promise<boolean>;
  readyMs?: number;
}

export interface SupervisedEvents {
  /** The set of living processes changed: write it down. */
  changed(): void;
  /** It died by itself and will be started again after `backoffMs`. */
  died(name: string, how: string, backoffMs: number): void;
  /** It came back after a death. */
  recovered(name: string): void;
  /** It died too often: the stack can't go on. */
  hopeless(name: string, how: string, lastLines: string): void;
}

const DEATHS = 5;
const WITHIN_MS = 60_000;
const BACKOFF_MS = [200, 500, 1_000, 2_000, 4_000];
const LOG_KEPT_BYTES = 10 * 1024 * 1024;

/** One process of the stack: started, watched, started again when it dies, stopped in order. */
export class SupervisedProcess {
  #child: ChildProcess | undefined;
  #startId: string | undefined;
  #exited: Promise<void> = Promise.resolve();
  #wanted = false;
  #expectedDeath = false;
  #deaths: number[] = [];
  #lastEnd: string | undefined;

  constructor(readonly spec: ProcessSpec, private readonly events: SupervisedEvents) {}

  get name(): string { return this.spec.name; }
  /** Number of the living process; undefined between a death and the next start. */
  get pid(): number | undefined { return this.#child?.pid; }
  get startId(): string | undefined { return this.#startId; }

  /** Starts it and resolves once it serves; rejects with its last lines when it ends before or takes too long. */
  async start(): Promise<void> {
    this.#wanted = true;
    this.#spawn();
    await this.whenReady();
  }

  /** Resolves once it serves (again). */
  async whenReady(): Promise<void> {
    const generation = this.#child;
    try {
      await until(this.name, async () => this.#child !== undefined && this.spec.probe(), this.spec.readyMs ?? 60_000, () => {
        if (!this.#wanted) return 'was stopped';
        return this.#child === undefined && generation !== undefined && this.#deaths.length >= DEATHS ? this.#lastEnd : undefined;
      });
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : String(error)}${this.#lastEnd === undefined ? '' : ` (${this.#lastEnd})`}\n${this.lastLines()}`);
    }
  }

  /** Ends the process with a signal, as an accident would; it is started again at once. Resolves when it is dead. */
  async kill(name: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const pid = this.pid;
    if (pid === undefined) return;
    this.#expectedDeath = true;
    const exited = this.#exited;
    signal(pid, name);
    await exited;
  }

  /** Stops it in order and starts it again; resolves once it serves. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Stops it in order, by force after its time; nothing of its process group is left. It stays down until `start()`. */
  async stop(): Promise<void> {
    this.#wanted = false;
    const pid = this.pid;
    if (pid === undefined) return;
    signal(pid, this.spec.stopSignal ?? 'SIGTERM');
    const killer = setTimeout(() => signal(-pid, 'SIGKILL'), this.spec.stopMs ?? 8_000);
    await this.#exited;
    clearTimeout(killer);
    signal(-pid, 'SIGKILL');
  }

  /** The end of its log, for a person. */
  lastLines(count = 20): string {
    try {
      const text = readFileSync(this.spec.logFile, 'utf8');
      return text.slice(-20_000).trimEnd().split('\n').slice(-count).map((line) => `  ${this.name} | ${line}`).join('\n');
    } catch {
      return '';
    }
  }

  #spawn(): void {
    rotate(this.spec.logFile);
    // The log is the child's own file: it costs us nothing, and nothing is lost when we are killed.
    const log = openSync(this.spec.logFile, 'a');
    const child = spawn(this.spec.file, this.spec.args, {
      cwd: this.spec.cwd, env: { ...this.spec.env }, stdio: ['ignore', log, log],
      // A group of its own: Ctrl-C in the terminal reaches only the supervisor, which stops all in order.
      detached: true,
      ...(this.spec.user ?? {}),
    });
    closeSync(log);
    this.#child = child;
    this.#startId = child.pid === undefined ? undefined : startIdOf(child.pid);
    this.#exited = new Promise((resolve) => {
      let over = false;
      const ended = (how: string): void => {
        if (over) return;
        over = true;
        this.#child = undefined;
        this.#startId = undefined;
        resolve();
        this.#afterDeath(how);
      };
      child.once('exit', (code, name) => ended(name === null ? `ended with code ${code ?? 0}` : `was ended by ${name}`));
      child.once('error', (error) => ended(error.message));
    });
    this.events.changed();
  }

  #afterDeath(how: string): void {
    this.events.changed();
    if (!this.#wanted) return;
    if (this.#expectedDeath) {
      this.#expectedDeath = false;
      this.#spawn();
      return;
    }
    this.#lastEnd = how;
    const now = Date.now();
    this.#deaths = [...this.#deaths.filter((at) => now - at < WITHIN_MS), now];
    if (this.#deaths.length >= DEATHS) {
      this.#wanted = false;
      this.events.hopeless(this.name, how, this.lastLines());
      return;
    }
    const backoffMs = BACKOFF_MS[this.#deaths.length - 1] ?? 4_000;
    this.events.died(this.name, how, backoffMs);
    void delay(backoffMs, undefined, { ref: false }).then(async () => {
      if (!this.#wanted || this.#child !== undefined) return;
      this.#spawn();
      await this.whenReady();
      this.events.recovered(this.name);
    }).catch(() => undefined); // a further death is told by its own event
  }
}

function rotate(logFile: string): void {
  if (existsSync(logFile) && statSync(logFile).size > LOG_KEPT_BYTES) renameSync(logFile, `${logFile}.1`);
}
