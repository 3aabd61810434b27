import { EventEmitter, once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { adoptAgent, lastExitCode, markerPrefix, sickFile, spawnAgent, type RunningAgent } from './agent-process.js';
import { EngineError, notModified } from './docker-error-reply.js';
import type { Engine } from './engine.js';
import { joinNetworks } from './networks.js';
import { freePort, isPortFree } from './port-check.js';
import { findMarked, isAlive, processStart, signal } from './process-table.js';
import type { ContainerRecord } from './records.js';
import { removeVolume } from './volumes.js';

const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 60_000;
/** A run longer than this starts the back-off anew (Docker's own figure). */
const STABLE_RUN_MS = 10_000;
const DEFAULT_STOP_SECONDS = 10;
const SIGKILL_CODE = 128 + constants.signals.SIGKILL;

/**
 * Starting, stopping and dying of containers. Each state is written before and after what it describes, so that a kill of
 * the emulator at any moment leaves a record from which the next start finds its way: living processes are adopted (as
 * dockerd does with live-restore), dead ones follow their restart policy, and none is ever started twice.
 */
export class Lifecycle {
  private readonly agents = new Map<string, RunningAgent>();
  private readonly restarts = new Map<string, { timer: NodeJS.Timeout; backoffMs: number }>();
  private readonly backoff = new Map<string, number>();
  private readonly forcedExit = new Map<string, { code: number; oomKilled: boolean }>();
  private readonly locks = new Map<string, Promise<unknown>>();
  private readonly changes = new EventEmitter().setMaxListeners(0);
  private closing = false;

  constructor(private readonly engine: Engine) {}

  /** One change of a container at a time, as Docker locks it. */
  async exclusively<T>(id: string, change: () => Promise<T>): Promise<T> {
    const before = this.locks.get(id) ?? Promise.resolve();
    const mine = before.then(change, change);
    this.locks.set(id, mine.catch(() => undefined));
    return mine;
  }

  /** @throws EngineError 304 when it runs, 404 when a network is gone, 500 when its port is taken */
  start(record: ContainerRecord): Promise<void> {
    return this.exclusively(record.id, async () => {
      if (record.status === 'running' || record.status === 'restarting') throw notModified();
      record.stoppedByHand = false;
      this.backoff.delete(record.id);
      await this.launch(record);
    });
  }

  stop(record: ContainerRecord, seconds = DEFAULT_STOP_SECONDS): Promise<void> {
    return this.exclusively(record.id, async () => {
      if (record.status !== 'running' && record.status !== 'restarting') throw notModified();
      await this.halt(record, seconds);
      this.engine.containerEvent(record, 'stop');
    });
  }

  restart(record: ContainerRecord, seconds = DEFAULT_STOP_SECONDS): Promise<void> {
    return this.exclusively(record.id, async () => {
      if (record.status === 'running' || record.status === 'restarting') {
        await this.halt(record, seconds);
        this.engine.containerEvent(record, 'stop');
      }
      record.stoppedByHand = false;
      await this.launch(record);
      this.engine.containerEvent(record, 'restart');
    });
  }

  /** @throws EngineError 409 when it does not run */
  async kill(record: ContainerRecord, name: NodeJS.Signals): Promise<void> {
    const agent = this.agents.get(record.id);
    if (record.status !== 'running' || !agent) throw new EngineError(409, `Cannot kill container: ${record.name}: Container ${record.id} is not running`);
    record.stoppedByHand = true;
    this.save(record);
    signal(agent.pid, name);
    this.engine.containerEvent(record, 'kill', { signal: String(constants.signals[name]) });
    if (name === 'SIGKILL') await this.untilStopped(record);
  }

  /** @throws EngineError 409 when it runs and force is not given */
  remove(record: ContainerRecord, options: { force: boolean; volumes: boolean }): Promise<void> {
    return this.exclusively(record.id, async () => {
      const { store } = this.engine;
      if (!store.containers.get(record.id)) throw new EngineError(404, `No such container: ${record.name}`);
      if (record.status === 'running' || record.status === 'restarting') {
        if (!options.force) throw new EngineError(409, `You cannot remove a ${record.status} container ${record.id}. Stop the container before attempting removal or force remove`);
        await this.halt(record, 0);
      }
      store.containers.delete(record.id);
      rmSync(store.containerFolder(record.id), { recursive: true, force: true });
      if (options.volumes) {
        for (const mount of record.mounts) if (store.volumes.get(mount.name)?.anonymous) removeVolume(this.engine, mount.name, true);
      }
      this.engine.containerEvent(record, 'destroy');
      this.changes.emit(`removed:${record.id}`);
    });
  }

  /** Ends the process with a code of the tester's choice; the restart policy then does what it does. */
  async crash(record: ContainerRecord, code: number, oomKilled: boolean): Promise<void> {
    const agent = this.agents.get(record.id);
    if (!agent) throw new EngineError(409, `Container ${record.id} is not running`);
    this.forcedExit.set(record.id, { code, oomKilled });
    const died = once(this.changes, `died:${record.id}`);
    signal(agent.pid, 'SIGKILL');
    await died;
  }

  /** Freezes the process: it holds its port and answers nothing. */
  freeze(record: ContainerRecord, frozen: boolean): void {
    const agent = this.agents.get(record.id);
    if (!agent) throw new EngineError(409, `Container ${record.id} is not running`);
    signal(agent.pid, frozen ? 'SIGSTOP' : 'SIGCONT');
  }

  /** Resolves with the exit code once the container is as asked (`not-running`, `next-exit`, `removed`). */
  async wait(record: ContainerRecord, condition: string): Promise<number> {
    const runs = record.status === 'running' || record.status === 'restarting';
    if (condition === 'removed') await once(this.changes, `removed:${record.id}`);
    else if (condition === 'next-exit' || runs) await once(this.changes, `died:${record.id}`);
    return record.exitCode;
  }

  /** Picks up what an earlier emulator left: adopts living processes, ends strays, starts again what should run. */
  async recover(): Promise<void> {
    const { store } = this.engine;
    const marked = findMarked(markerPrefix(store));
    for (const record of store.containers.all()) {
      const candidates = marked.get(record.id) ?? (isAlive(record.pid, record.pidStart) ? [record.pid] : []);
      const shouldRun = record.status === 'running' || record.status === 'restarting';
      const keep = shouldRun ? (candidates.find((pid) => pid === record.pid) ?? candidates[0]) : undefined;
      for (const stray of candidates) if (stray !== keep) signal(stray, 'SIGKILL');
      marked.delete(record.id);
      if (keep !== undefined) this.watch(record, adoptAgent(store, record.id, keep, processStart(keep)));
      else if (shouldRun) this.recordExit(record, lastExitCode(store, record.id), { oomKilled: false, mayRestart: false });
    }
    for (const strays of marked.values()) for (const stray of strays) signal(stray, 'SIGKILL');
    const fallen = store.containers.all().filter((record) => record.status === 'exited' && this.wantsRestart(record, true));
    await Promise.all(
      fallen.map((record) =>
        this.exclusively(record.id, async () => {
          // A port taken meanwhile leaves the container down with its error told, as dockerd does at its own start.
          await this.launch(record).catch(() => undefined);
        }),
      ),
    );
  }

  /** Stops every container in order; they stay marked as running ones, so that the next start brings them back by their policy. */
  async close(): Promise<void> {
    this.closing = true;
    for (const { timer } of this.restarts.values()) clearTimeout(timer);
    const running = this.engine.store.containers.all().filter((record) => this.agents.has(record.id));
    await Promise.all(running.map((record) => this.terminate(record, DEFAULT_STOP_SECONDS)));
  }

  private async launch(record: ContainerRecord): Promise<void> {
    const { engine } = this;
    try {
      record.networks = joinNetworks(engine, record);
      record.boundPort = await this.claimPort(record);
    } catch (error) {
      record.error = (error as Error).message;
      record.exitCode = 128;
      this.save(record);
      throw error;
    }
    Object.assign(record, { status: 'running', error: '', exitCode: 0, oomKilled: false, startedAt: new Date().toISOString(), pid: 0, pidStart: '' });
    // Written before the process exists: a kill in between leaves a record without a process, never a process without a record.
    this.save(record);
    if (record.failingStarts.times > 0) {
      record.failingStarts = { ...record.failingStarts, times: record.failingStarts.times - 1 };
      engine.containerEvent(record, 'start');
      this.recordExit(record, record.failingStarts.code, { oomKilled: false, mayRestart: true });
      return;
    }
    this.watch(record, spawnAgent(engine.store, record, engine.agentBundlePath));
    engine.containerEvent(record, 'start');
  }

  private watch(record: ContainerRecord, agent: RunningAgent): void {
    Object.assign(record, { status: 'running', pid: agent.pid, pidStart: agent.start });
    this.agents.set(record.id, agent);
    this.save(record);
    void agent.exited.then((code) => {
      this.agents.delete(record.id);
      const forced = this.forcedExit.get(record.id);
      this.forcedExit.delete(record.id);
      this.recordExit(record, forced?.code ?? code, { oomKilled: forced?.oomKilled ?? false, mayRestart: true });
    });
  }

  private recordExit(record: ContainerRecord, exitCode: number, how: { oomKilled: boolean; mayRestart: boolean }): void {
    const { engine } = this;
    const { oomKilled, mayRestart } = how;
    if (!engine.store.containers.get(record.id)) return;
    const ranMs = Date.now() - Date.parse(record.startedAt);
    Object.assign(record, { status: 'exited', pid: 0, pidStart: '', exitCode, oomKilled, finishedAt: new Date().toISOString() });
    if (oomKilled) engine.containerEvent(record, 'oom');
    if (this.closing) record.status = 'running';
    else if (mayRestart && this.wantsRestart(record, false)) this.scheduleRestart(record, ranMs);
    this.save(record);
    engine.containerEvent(record, 'die', { exitCode: String(exitCode) });
    this.changes.emit(`died:${record.id}`);
  }

  private wantsRestart(record: ContainerRecord, atBoot: boolean): boolean {
    const { Name: policy, MaximumRetryCount: limit } = record.hostConfig.RestartPolicy as { Name: string; MaximumRetryCount?: number };
    if (policy === 'always') return atBoot || !record.stoppedByHand;
    if (record.stoppedByHand || record.startedAt.startsWith('0001')) return false;
    if (policy === 'unless-stopped') return true;
    return policy === 'on-failure' && record.exitCode !== 0 && (!limit || record.restartCount < limit);
  }

  private scheduleRestart(record: ContainerRecord, ranMs: number): void {
    const last = this.backoff.get(record.id);
    const backoffMs = last === undefined || ranMs > STABLE_RUN_MS ? FIRST_BACKOFF_MS : Math.min(last * 2, LONGEST_BACKOFF_MS);
    this.backoff.set(record.id, backoffMs);
    record.status = 'restarting';
    const timer = setTimeout(() => {
      this.restarts.delete(record.id);
      void this.exclusively(record.id, async () => {
        if (record.status !== 'restarting' || this.closing) return;
        record.restartCount += 1;
        await this.launch(record).catch(() => {
          record.status = 'exited';
          this.save(record);
        });
      });
    }, backoffMs);
    this.restarts.set(record.id, { timer, backoffMs });
  }

  /** Stops for good: no restart policy undoes it. */
  private async halt(record: ContainerRecord, seconds: number): Promise<void> {
    record.stoppedByHand = true;
    const restarting = this.restarts.get(record.id);
    if (restarting) clearTimeout(restarting.timer);
    this.restarts.delete(record.id);
    if (record.status === 'restarting') record.status = 'exited';
    this.save(record);
    await this.terminate(record, seconds);
  }

  private async terminate(record: ContainerRecord, seconds: number): Promise<void> {
    const agent = this.agents.get(record.id);
    if (!agent) return;
    const stopped = this.untilStopped(record);
    if (seconds > 0) {
      signal(agent.pid, 'SIGTERM');
      this.engine.containerEvent(record, 'kill', { signal: '15' });
      const patience = new AbortController();
      await Promise.race([stopped, delay(seconds * 1000, undefined, { signal: patience.signal }).catch(() => undefined)]);
      patience.abort();
    }
    if (this.agents.has(record.id)) {
      if (!this.forcedExit.has(record.id)) this.forcedExit.set(record.id, { code: SIGKILL_CODE, oomKilled: false });
      signal(agent.pid, 'SIGKILL');
      this.engine.containerEvent(record, 'kill', { signal: '9' });
    }
    await stopped;
  }

  private async untilStopped(record: ContainerRecord): Promise<void> {
    if (this.agents.has(record.id)) await once(this.changes, `died:${record.id}`);
  }

  /** The port that the process will bind on this machine. @throws EngineError 500 in Docker's words when it is taken */
  private async claimPort(record: ContainerRecord): Promise<number> {
    const bindings = Object.values((record.hostConfig.PortBindings ?? {}) as Record<string, { HostIp?: string; HostPort?: string }[] | null>).flatMap((list) => list ?? []);
    const wanted = Number(bindings[0]?.HostPort ?? '0');
    if (!Number.isInteger(wanted) || wanted < 0 || wanted > 65_535) throw new EngineError(400, `invalid port specification: "${bindings[0]?.HostPort ?? ''}"`);
    if (wanted === 0) return freePort('127.0.0.1');
    const host = bindings[0]?.HostIp || '0.0.0.0';
    const endpoint = `driver failed programming external connectivity on endpoint ${record.name} (${Object.values(record.networks)[0]?.endpointId ?? ''})`;
    const other = this.engine.store.containers.all().some((item) => item.id !== record.id && item.boundPort === wanted && (item.status === 'running' || item.status === 'restarting'));
    if (other) throw new EngineError(500, `${endpoint}: Bind for ${host}:${wanted} failed: port is already allocated`);
    if (!(await isPortFree('127.0.0.1', wanted))) throw new EngineError(500, `${endpoint}: Error starting userland proxy: listen tcp4 ${host}:${wanted}: bind: address already in use`);
    return wanted;
  }

  private save(record: ContainerRecord): void {
    if (this.engine.store.containers.get(record.id)) this.engine.store.containers.save(record.id, record);
  }

  /** Whether the tester has made this container sick. */
  isSick(record: ContainerRecord): boolean {
    return existsSync(sickFile(this.engine.store, record.id));
  }
}
