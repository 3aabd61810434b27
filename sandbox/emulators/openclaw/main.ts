/**
 * The light agent: OpenClaw's gateway face without OpenClaw, for the sandbox. It reads the same openclaw.json, keeps
 * conversations on the same state volume and calls the same provider, but has no tools, channels or plugins.
 *
 * Environment (OpenClaw's own): OPENCLAW_CONFIG_PATH, OPENCLAW_STATE_DIR, OPENCLAW_GATEWAY_PORT, OPENCLAW_GATEWAY_TOKEN.
 * The emulator's own: OPENCLAW_LIGHT_BIND_HOST (address to bind instead of the configured one), OPENCLAW_LIGHT_RETRIES,
 * OPENCLAW_LIGHT_HOSTS (`name=address,…`, what a container has in /etc/hosts), OPENCLAW_LIGHT_RETRY_DELAY_MS, OPENCLAW_LIGHT_SICK_FILE, OPENCLAW_LIGHT_EXIT_FILE (gets the exit code, for a parent that lost the process).
 */
import { writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { AgentConfigError, loadAgentConfig, type AgentConfig } from './agent-config.js';
import { createAgentLog } from './agent-log.js';
import { AgentServer } from './agent-server.js';
import { createTurnRunner } from './chat-turn.js';
import { watchConfig } from './config-watch.js';
import { ProviderLockouts } from './provider-lockouts.js';
import { SessionStore } from './session-store.js';
import { TurnQueue } from './turn-queue.js';

const EXIT_GRACE_MS = 120;
const IDLE_TIMEOUT_MS = 120_000;

const environment = process.env;
const log = createAgentLog((line) => {
  try {
    writeSync(1, line);
  } catch {
    // A log reader that went away or a full pipe must not stop the agent.
  }
});

function numberFrom(name: string, fallback: number): number {
  const value = Number(environment[name] ?? '');
  return environment[name] && Number.isFinite(value) && value >= 0 ? value : fallback;
}

function extraHosts(): Map<string, string> {
  const entries = (environment.OPENCLAW_LIGHT_HOSTS ?? '').split(',').map((item) => item.split('='));
  return new Map(entries.flatMap(([name, address]) => (name && address ? [[name, address] as const] : [])));
}

function leave(code: number): never {
  const file = environment.OPENCLAW_LIGHT_EXIT_FILE;
  if (file !== undefined) writeFileSync(file, String(code));
  process.exit(code);
}

function main(): void {
  const stateDir = environment.OPENCLAW_STATE_DIR ?? join(environment.HOME ?? '/home/node', '.openclaw');
  const configPath = environment.OPENCLAW_CONFIG_PATH ?? join(stateDir, 'openclaw.json');
  const loaded = loadAgentConfig(configPath, environment);
  let config: AgentConfig = loaded.config;
  const sessions = new SessionStore(stateDir);
  const queue = new TurnQueue(config.maxConcurrent);
  const plan = { retries: numberFrom('OPENCLAW_LIGHT_RETRIES', 2), delayMs: numberFrom('OPENCLAW_LIGHT_RETRY_DELAY_MS', 100), idleTimeoutMs: IDLE_TIMEOUT_MS, hosts: extraHosts() };
  const turns = createTurnRunner({ sessions, lockouts: new ProviderLockouts(stateDir), queue, plan, log });
  const agent = new AgentServer({ config: () => config, turns, log, sickFile: environment.OPENCLAW_LIGHT_SICK_FILE });

  const port = numberFrom('OPENCLAW_GATEWAY_PORT', config.port);
  const host = environment.OPENCLAW_LIGHT_BIND_HOST ?? (config.bind === 'loopback' ? '127.0.0.1' : '0.0.0.0');
  agent.server.once('error', (error: NodeJS.ErrnoException) => {
    log('listen_failed', { code: error.code });
    leave(1);
  });
  agent.server.listen(port, host, () => log('listening', { host, port: (agent.server.address() as { port: number }).port, ms: Math.round(process.uptime() * 1000) }));

  const watch = watchConfig({
    path: configPath,
    text: loaded.text,
    environment,
    log,
    apply(next) {
      if (next.port !== config.port || next.bind !== config.bind) log('config_restart_required');
      config = next;
      queue.limit = next.maxConcurrent;
    },
  });

  const stop = (signal: string): void => {
    log('stopping', { signal });
    watch.close();
    agent.drain();
    agent.server.once('close', () => leave(0));
    // A turn that is still running is cut: the sandbox has no drain budget of minutes.
    setTimeout(() => leave(0), EXIT_GRACE_MS);
  };
  process.once('SIGTERM', () => stop('SIGTERM'));
  process.once('SIGINT', () => stop('SIGINT'));
}

try {
  main();
} catch (error) {
  if (!(error instanceof AgentConfigError)) throw error;
  log('config_refused', { reason: error.message, exitCode: error.exitCode });
  leave(error.exitCode);
}
