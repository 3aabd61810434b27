import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Dockerode from 'dockerode';
import { INSTANCE_LABEL } from '#activities/docker/docker-names.js';
import { dockerodeOptions, parseDockerHost } from '#activities/docker/docker-connection.js';
import { Client } from 'pg';
import { replaceFile } from './records.js';

const STOP_SECONDS = 10;
const fileOf = (stateDir: string): string => join(stateDir, 'stopped-containers.json');

/**
 * On a real engine the instances would outlive the stack: stops those of this installation and notes them, so that the next start
 * brings them back, as the emulator does with its own. A missing database or engine stops nobody from stopping.
 */
export async function stopEngineContainers(dockerUrl: string, databaseUrl: string, hostId: string, stateDir: string): Promise<number> {
  const instances = await instancesOn(databaseUrl, hostId);
  if (instances.length === 0) return 0;
  const docker = connect(dockerUrl);
  const running = (await docker.listContainers({ filters: { label: [INSTANCE_LABEL] } })).filter(({ Labels }) => instances.includes(Labels[INSTANCE_LABEL] ?? ''));
  replaceFile(fileOf(stateDir), JSON.stringify(running.map(({ Id }) => Id)));
  await Promise.all(running.map(({ Id }) => docker.getContainer(Id).stop({ t: STOP_SECONDS }).catch(goneOrStopped)));
  return running.length;
}

/** Starts what the last stop has stopped. */
export async function startEngineContainers(dockerUrl: string, stateDir: string): Promise<void> {
  let ids: string[];
  try {
    ids = JSON.parse(readFileSync(fileOf(stateDir), 'utf8')) as string[];
  } catch {
    return;
  }
  const docker = connect(dockerUrl);
  await Promise.all(ids.map((id) => docker.getContainer(id).start().catch(goneOrStopped)));
  rmSync(fileOf(stateDir), { force: true });
}

const connect = (url: string): Dockerode => new Dockerode(dockerodeOptions(parseDockerHost(url)) as Dockerode.DockerOptions);

/** 304: it is in that state already; 404: somebody removed it. */
function goneOrStopped(error: { statusCode?: number }): void {
  if (error.statusCode !== 304 && error.statusCode !== 404) throw error;
}

async function instancesOn(databaseUrl: string, hostId: string): Promise<string[]> {
  const client = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ id: string }>("SELECT id FROM instance WHERE host_id = $1 AND status <> 'gone'", [hostId]);
    return rows.map(({ id }) => id);
  } finally {
    await client.end();
  }
}
