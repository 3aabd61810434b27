import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type Dockerode from 'dockerode';
import { pack, type Header, type Pack } from 'tar-stream';
import { collectSharedLibraries } from './elf.js';

export const AGENT_IMAGE_REPOSITORY = 'clawkeep/openclaw-light';
const NODE_UID = 1000;
const PORT = 18789;
/** V8's young generation and worker threads kept small: an idle agent is mostly the shared pages of the node binary. */
export const AGENT_NODE_FLAGS = ['--max-old-space-size=96', '--max-semi-space-size=1', '--v8-pool-size=1'];

const ENTRYPOINT = ['/usr/local/bin/node', ...AGENT_NODE_FLAGS, '/app/openclaw-agent.mjs'];

export interface AgentImageSource {
  agentBundlePath: string;
  /** The node binary that goes into the image. */
  nodePath?: string;
}

export interface AgentImage {
  /** `clawkeep/openclaw-light:<content hash>`. */
  reference: string;
  /** The engine's own id, `sha256:…`; use this one in containers. */
  id: string;
  built: boolean;
}

/** Name of the image for this bundle and this node: the same content has the same name on every host. */
export function agentImageReference(source: AgentImageSource): string {
  const nodePath = source.nodePath ?? process.execPath;
  const hash = createHash('sha256');
  hash.update(readFileSync(source.agentBundlePath));
  // The node binary is told by version and size: hashing its 100 MB at every start would take longer than the start.
  hash.update(`${process.version} ${process.arch} ${statSync(nodePath).size} ${JSON.stringify(imageChanges())}`);
  return `${AGENT_IMAGE_REPOSITORY}:${hash.digest('hex').slice(0, 16)}`;
}

const LIBRARY_FOLDER = '/lib/agent';

/** Dockerfile instructions of the image. The libraries have a folder of their own: there is no loader cache to find them by. */
function imageChanges(): string[] {
  return [
    `ENV LD_LIBRARY_PATH=${LIBRARY_FOLDER} PATH=/usr/local/bin HOME=/home/node NODE_ENV=production OPENCLAW_STATE_DIR=/home/node/.openclaw OPENCLAW_CONFIG_PATH=/cfg/openclaw.json`,
    'USER 1000:1000',
    'WORKDIR /app',
    `EXPOSE ${PORT}/tcp`,
    'LABEL clawkeep.image=openclaw-light',
    `ENTRYPOINT ${JSON.stringify(ENTRYPOINT)}`,
  ];
}

/** The image's Config as an engine reports it, for the emulator, which has the image without importing it. */
export function agentImageConfig(): Record<string, unknown> {
  return {
    User: '1000:1000',
    WorkingDir: '/app',
    Env: ['PATH=/usr/local/bin', 'HOME=/home/node', 'NODE_ENV=production', 'OPENCLAW_STATE_DIR=/home/node/.openclaw', 'OPENCLAW_CONFIG_PATH=/cfg/openclaw.json'],
    Cmd: null,
    Entrypoint: ENTRYPOINT,
    ExposedPorts: { [`${PORT}/tcp`]: {} },
    Labels: { 'clawkeep.image': 'openclaw-light' },
  };
}

/**
 * Makes sure that the engine has the light agent's image, importing it as one layer made here from the node binary, its
 * libraries and the bundle: no registry, no base image, no shell inside. Finds it again by its content hash.
 */
export async function ensureAgentImage(docker: Dockerode, source: AgentImageSource): Promise<AgentImage> {
  const reference = agentImageReference(source);
  const present = await inspectImage(docker, reference);
  if (present !== undefined) return { reference, id: present, built: false };

  const [repo, tag] = reference.split(':') as [string, string];
  const layer = pack();
  const writing = writeLayer(layer, source);
  // When the engine refuses early, its own words are the error to tell, not the broken pipe that follows.
  writing.catch(() => undefined);
  // Docker wants `changes` repeated, once per instruction; the query builder of dockerode repeats arrays.
  const progress = await docker.importImage(layer as unknown as NodeJS.ReadableStream, { repo, tag, changes: imageChanges() });
  await Promise.all([writing, drain(progress)]);
  const id = await inspectImage(docker, reference);
  if (id === undefined) throw new Error(`The engine took the image ${reference} but does not list it`);
  return { reference, id, built: true };
}

async function inspectImage(docker: Dockerode, reference: string): Promise<string | undefined> {
  try {
    return (await docker.getImage(reference).inspect()).Id;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw error;
  }
}

/** Reads the engine's progress lines to the end. @throws Error with the engine's words when one reports a failure. */
async function drain(progress: NodeJS.ReadableStream): Promise<void> {
  let rest = '';
  for await (const piece of progress) rest += String(piece);
  for (const line of rest.split('\n')) {
    if (line.trim() === '') continue;
    const message = JSON.parse(line) as { error?: string };
    if (message.error !== undefined) throw new Error(`The engine refused the agent's image: ${message.error}`);
  }
}

const PASSWD = `root:x:0:0:root:/:/nonexistent\nnode:x:${NODE_UID}:${NODE_UID}:node:/home/node:/nonexistent\n`;
const GROUP = `root:x:0:\nnode:x:${NODE_UID}:\n`;

async function writeLayer(layer: Pack, source: AgentImageSource): Promise<void> {
  const nodePath = source.nodePath ?? process.execPath;
  const { interpreter, libraries } = collectSharedLibraries(nodePath);
  for (const folder of ['bin', 'etc', 'lib', 'lib/agent', 'usr', 'usr/local', 'usr/local/bin', 'app', 'home', 'proc', 'sys', 'dev']) await directory(layer, folder, 0o755, 0);
  await directory(layer, 'tmp', 0o1777, 0);
  for (const folder of ['home/node', 'home/node/.openclaw', 'cfg']) await directory(layer, folder, 0o700, NODE_UID);
  await text(layer, 'etc/passwd', PASSWD);
  await text(layer, 'etc/group', GROUP);
  await text(layer, 'etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n');
  for (const [name, path] of libraries) await copy(layer, `lib/agent/${name}`, path);
  if (interpreter !== undefined) {
    const folders = interpreter.slice(1).split('/').slice(0, -1);
    for (let depth = 1; depth <= folders.length; depth += 1) {
      const folder = folders.slice(0, depth).join('/');
      if (folder !== 'lib') await directory(layer, folder, 0o755, 0);
    }
    await copy(layer, interpreter.slice(1), interpreter);
  }
  await copy(layer, 'usr/local/bin/node', nodePath);
  await copy(layer, 'app/openclaw-agent.mjs', source.agentBundlePath, 0o444);
  layer.finalize();
}

// A fixed time makes the same content the same layer on every host.
const EPOCH = new Date(0);

function entry(layer: Pack, header: Partial<Header> & { name: string }, content = ''): Promise<void> {
  return new Promise((resolve, reject) => {
    layer.entry({ mtime: EPOCH, ...header }, content, (error) => (error ? reject(error) : resolve()));
  });
}

const directory = (layer: Pack, name: string, mode: number, owner: number): Promise<void> => entry(layer, { name: `${name}/`, type: 'directory', mode, uid: owner, gid: owner });
const text = (layer: Pack, name: string, content: string): Promise<void> => entry(layer, { name, mode: 0o444 }, content);

async function copy(layer: Pack, name: string, path: string, mode = 0o555): Promise<void> {
  const sink = layer.entry({ name, mode, size: statSync(path).size, mtime: EPOCH });
  await pipeline(createReadStream(path), sink);
}
