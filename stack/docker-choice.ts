import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import Dockerode from 'dockerode';
import { dockerodeOptions, parseDockerHost } from '#activities/docker/docker-connection.js';
import { ensureAgentImage } from '#sandbox/emulators/openclaw/image.js';

export interface DockerChoice {
  engine: 'engine' | 'emulator';
  /** As in DOCKER_HOST; the emulator's address is filled in by the caller. */
  url: string | null;
  image: string | null;
  /** In plain words, for the screen. */
  why: string;
}

const ANSWER_MS = 3_000;

/**
 * A real engine at DOCKER_HOST or a default socket, if it answers and has or can build the agent's image; else the emulator.
 * Throws only when DOCKER_HOST was set and is no use: who names an engine does not want another one.
 */
export async function chooseDocker(environment: Readonly<Record<string, string | undefined>>, agentBundlePath: string): Promise<DockerChoice> {
  if (environment['CLAWKEEP_DOCKER'] === 'emulator') return { engine: 'emulator', url: null, image: null, why: 'CLAWKEEP_DOCKER=emulator' };
  const named = environment['DOCKER_HOST'];
  const url = named || defaultSocket();
  if (url === undefined) return { engine: 'emulator', url: null, image: null, why: 'no Docker socket here' };
  const docker = new Dockerode(dockerodeOptions(parseDockerHost(url)) as Dockerode.DockerOptions);
  try {
    await inTime(docker.ping(), ANSWER_MS);
  } catch (error) {
    if (named) throw new Error(`DOCKER_HOST=${named} does not answer (${words(error)}). Start that engine, or unset DOCKER_HOST to use the emulator.`);
    return { engine: 'emulator', url: null, image: null, why: `the engine at ${url} does not answer` };
  }
  try {
    const image = await ensureAgentImage(docker, { agentBundlePath });
    return { engine: 'engine', url, image: image.reference, why: `the engine at ${url} answers${image.built ? '; the agent image was built' : ''}` };
  } catch (error) {
    if (named) throw new Error(`DOCKER_HOST=${named} can't take the agent's image: ${words(error)}. Unset DOCKER_HOST to use the emulator.`);
    return { engine: 'emulator', url: null, image: null, why: `the engine at ${url} can't take the agent's image: ${words(error)}` };
  }
}

function defaultSocket(): string | undefined {
  // Docker Desktop and Colima keep theirs in the home folder.
  const sockets = ['/var/run/docker.sock', join(homedir(), '.docker', 'run', 'docker.sock'), join(homedir(), '.colima', 'default', 'docker.sock')];
  const found = sockets.find((path) => existsSync(path));
  return found === undefined ? undefined : `unix://${found}`;
}

const words = (error: unknown): string => (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';

async function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([work, new Promise<never>((_resolve, reject) => { timer = setTimeout(() => reject(new Error(`no answer within ${ms / 1000} s`)), ms); })]);
  } finally {
    clearTimeout(timer);
  }
}
