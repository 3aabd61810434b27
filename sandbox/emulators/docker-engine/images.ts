import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { extract } from 'tar-stream';
import { EngineError } from './docker-error-reply.js';
import type { Engine } from './engine.js';
import type { Foreign, ImageRecord } from './records.js';

/** Every image runs the light agent here; this is what a container shows as its command when an image tells none. */
const AGENT_ENTRYPOINT = ['/usr/local/bin/node', '/app/openclaw-agent.mjs'];

/** Notes an image by its tag. The id follows from the tag, so that it is the same after a reset. */
export function registerImage(engine: Engine, tag: string, config: Foreign, size = 0): ImageRecord {
  const id = `sha256:${createHash('sha256').update(`${tag}\n${JSON.stringify(config)}`).digest('hex')}`;
  for (const other of engine.store.images.all()) {
    if (other.id !== id && other.tags.includes(tag)) engine.store.images.save(other.id, { ...other, tags: other.tags.filter((item) => item !== tag) });
  }
  const present = engine.store.images.get(id);
  if (present?.tags.includes(tag)) return present;
  const record: ImageRecord = { id, tags: [...(present?.tags ?? []), tag], createdAt: new Date().toISOString(), size, config: { Entrypoint: AGENT_ENTRYPOINT, Cmd: null, User: '1000:1000', WorkingDir: '/app', ...config } };
  engine.store.images.save(id, record);
  engine.events.emit('image', 'tag', id, { name: tag });
  return record;
}

export function imageView(image: ImageRecord): Foreign {
  return {
    Id: image.id, RepoTags: image.tags, RepoDigests: [], Parent: '', Comment: "Clawkeep's Docker emulator", Created: image.createdAt, DockerVersion: '', Author: '', Config: image.config,
    Architecture: process.arch === 'arm64' ? 'arm64' : 'amd64', Os: 'linux', Size: image.size, VirtualSize: image.size, RootFS: { Type: 'layers', Layers: [] }, Metadata: { LastTagTime: image.createdAt },
  };
}

export function listImages(engine: Engine, filters: Record<string, string[]>): Foreign[] {
  const wanted = filters.reference;
  return engine.store.images
    .all()
    .filter((image) => wanted === undefined || wanted.some((reference) => image.tags.some((tag) => tag === reference || tag.split(':')[0] === reference)))
    .map((image) => ({
      Id: image.id, ParentId: '', RepoTags: image.tags, RepoDigests: [], Created: Math.floor(Date.parse(image.createdAt) / 1000), Size: image.size, VirtualSize: image.size, SharedSize: -1,
      Labels: image.config.Labels ?? {}, Containers: -1,
    }));
}

/** @throws EngineError 404 */
export function imageOf(engine: Engine, wanted: string): ImageRecord {
  const image = engine.findImage(wanted);
  if (!image) throw new EngineError(404, `no such image: ${wanted}: No such image: ${wanted}`);
  return image;
}

/** @throws EngineError 404, 409 while a container is made of it */
export function removeImage(engine: Engine, wanted: string, force: boolean): Foreign[] {
  const image = imageOf(engine, wanted);
  const user = engine.store.containers.all().find((container) => container.imageId === image.id);
  if (user && !force) throw new EngineError(409, `conflict: unable to delete ${image.id.slice(7, 19)} (must be forced) - image is being used by ${user.status} container ${user.id.slice(0, 12)}`);
  engine.store.images.delete(image.id);
  engine.events.emit('image', 'delete', image.id, { name: image.id });
  return [...image.tags.map((tag) => ({ Untagged: tag })), { Deleted: image.id }];
}

/** POST /images/create: an import registers the tag; a pull finds nothing, since there is no registry. */
export async function createImage(engine: Engine, query: URLSearchParams, request: IncomingMessage): Promise<Foreign[]> {
  const source = query.get('fromSrc');
  if (source === null) {
    await drain(request);
    const name = query.get('fromImage') ?? '';
    const image = engine.findImage(query.get('tag') ? `${name}:${query.get('tag')}` : name);
    if (image) return [{ status: `Status: Image is up to date for ${name}` }];
    throw new EngineError(404, `pull access denied for ${name}, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`);
  }
  const size = await drain(request);
  const tag = `${query.get('repo') ?? 'imported'}:${query.get('tag') ?? 'latest'}`;
  const image = registerImage(engine, tag, importedConfig(query.getAll('changes')), size);
  return [{ status: image.id }];
}

/** POST /build: the context is taken and the tag registered; what the image runs is the light agent. */
export async function buildImage(engine: Engine, query: URLSearchParams, request: IncomingMessage): Promise<Foreign[]> {
  const size = await drain(request);
  const tag = query.get('t') ?? 'built:latest';
  const image = registerImage(engine, tag.includes(':') ? tag : `${tag}:latest`, {}, size);
  return [{ stream: `Successfully built ${image.id.slice(7, 19)}\n` }, { aux: { ID: image.id } }, { stream: `Successfully tagged ${tag}\n` }];
}

/** POST /images/load: registers the tags that the archive's manifest names. */
export async function loadImages(engine: Engine, request: IncomingMessage): Promise<Foreign[]> {
  let manifest: { RepoTags?: string[] }[] = [];
  const unpack = extract();
  request.pipe(unpack as unknown as NodeJS.WritableStream);
  for await (const entry of unpack) {
    const pieces: Buffer[] = [];
    const keep = entry.header.name === 'manifest.json';
    for await (const piece of entry) if (keep) pieces.push(Buffer.from(piece as Uint8Array));
    if (keep) manifest = JSON.parse(Buffer.concat(pieces).toString('utf8')) as typeof manifest;
  }
  const tags = manifest.flatMap((item) => item.RepoTags ?? []);
  if (tags.length === 0) throw new EngineError(400, 'invalid archive: does not contain a manifest with tags');
  return tags.map((tag) => ({ stream: `Loaded image: ${registerImage(engine, tag, {}).tags.at(-1) ?? tag}\n` }));
}

/** The image's Config from an import's Dockerfile instructions. */
function importedConfig(changes: string[]): Foreign {
  const config: Foreign = {};
  for (const change of changes) {
    const [, instruction = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(change) ?? [];
    switch (instruction.toUpperCase()) {
      case 'ENV':
        config.Env = [...((config.Env as string[] | undefined) ?? []), ...rest.split(/\s+/)];
        break;
      case 'LABEL':
        config.Labels = { ...(config.Labels as object | undefined), ...Object.fromEntries(rest.split(/\s+/).map((pair) => pair.split('='))) };
        break;
      case 'ENTRYPOINT':
        config.Entrypoint = JSON.parse(rest);
        break;
      case 'CMD':
        config.Cmd = JSON.parse(rest);
        break;
      case 'USER':
        config.User = rest;
        break;
      case 'WORKDIR':
        config.WorkingDir = rest;
        break;
      case 'EXPOSE':
        config.ExposedPorts = { ...(config.ExposedPorts as object | undefined), [rest]: {} };
        break;
      default:
        throw new EngineError(400, `${instruction.toLowerCase()} is not a valid change command`);
    }
  }
  return config;
}

async function drain(request: IncomingMessage): Promise<number> {
  let bytes = 0;
  for await (const piece of request) bytes += (piece as Buffer).length;
  return bytes;
}
