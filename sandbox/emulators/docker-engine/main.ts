/**
 * Runs the Docker Engine emulator.
 *
 * DOCKER_EMULATOR_PORT       TCP port on loopback                     (default 4412)
 * DOCKER_EMULATOR_SOCKET     unix socket besides                      (default <state>/docker.sock)
 * DOCKER_EMULATOR_STATE_DIR  what it remembers                        (default .clawkeep/docker-emulator)
 * DOCKER_EMULATOR_AGENT      the light agent's bundle                 (default dist/agent/openclaw-agent.mjs)
 */
import { join, resolve } from 'node:path';
import { startDockerEmulator } from './emulator.js';

const DEFAULT_PORT = 4412;
// As AGENT_BUNDLE in the bundler's file, which is not imported: it would load esbuild.
const DEFAULT_AGENT = join('dist', 'agent', 'openclaw-agent.mjs');

const stateDir = resolve(process.env.DOCKER_EMULATOR_STATE_DIR ?? join('.clawkeep', 'docker-emulator'));
const emulator = await startDockerEmulator({
  port: Number(process.env.DOCKER_EMULATOR_PORT ?? DEFAULT_PORT),
  socketPath: resolve(process.env.DOCKER_EMULATOR_SOCKET ?? join(stateDir, 'docker.sock')),
  stateDir,
  agentBundlePath: resolve(process.env.DOCKER_EMULATOR_AGENT ?? DEFAULT_AGENT),
});
console.log(JSON.stringify({ event: 'listening', port: emulator.port, socket: emulator.socketPath, image: emulator.imageReference, ms: Math.round(process.uptime() * 1000) }));

let stopping = false;
const stop = (): void => {
  if (stopping) return;
  stopping = true;
  void emulator.close().then(() => process.exit(0));
};
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
