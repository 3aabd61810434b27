import { chmodSync, createReadStream, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, realpathSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync, type Stats } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { basename, dirname, join, normalize } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract, pack, type Header, type Pack } from 'tar-stream';
import { EngineError } from './docker-error-reply.js';
import type { Engine } from './engine.js';
import type { ContainerRecord, MountRecord } from './records.js';

/** Owners of a folder's entries as a tar gave them: the agent's processes all run as one user here, so the file system cannot hold them. */
type Owners = Record<string, { uid: number; gid: number }>;
const AGENT_OWNER = { uid: 1000, gid: 1000 };

interface Place {
  /** Folder on this machine that the container's mount (or root) is. */
  root: string;
  /** Path below it, empty for the root itself. */
  inside: string;
  mount: MountRecord | undefined;
}

function placeOf(engine: Engine, record: ContainerRecord, containerPath: string): Place {
  const path = normalize(`/${containerPath}`).replace(/(.)\/$/, '$1');
  const mount = [...record.mounts].sort((a, b) => b.destination.length - a.destination.length).find(({ destination }) => path === destination || path.startsWith(`${destination}/`));
  if (mount) return { root: mount.source, inside: path.slice(mount.destination.length + 1), mount };
  return { root: engine.store.rootFolder(record.id), inside: path.slice(1), mount: undefined };
}

/** Follows what lies there, but never out of the root. */
function contained(root: string, path: string): string {
  const base = realpathSync(root);
  const parent = realpathSync(dirname(path));
  if (parent !== base && !parent.startsWith(`${base}/`) && path !== root) throw new EngineError(400, 'path leads out of the container');
  return path;
}

/** Where the content of the image would lie, the emulated root file system has only what was put there: an empty folder stands for any path that an image has. */
const IMAGE_FOLDERS = ['/', '/tmp', '/etc', '/app', '/home/node', '/home', '/usr', '/cfg'];

function existing(engine: Engine, record: ContainerRecord, containerPath: string): { place: Place; path: string; stat: Stats } {
  const place = placeOf(engine, record, containerPath);
  const path = join(place.root, place.inside);
  if (!place.mount && IMAGE_FOLDERS.includes(normalize(`/${containerPath}`))) mkdirSync(path, { recursive: true });
  if (place.inside === '') mkdirSync(place.root, { recursive: true });
  try {
    return { place, path: contained(place.root, path), stat: statSync(path) };
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw new EngineError(404, `Could not find the file ${containerPath} in container ${record.name}`);
  }
}

const ownersFile = (root: string): string => `${root}.owners.json`;

function readOwners(root: string): Owners {
  try {
    return JSON.parse(readFileSync(ownersFile(root), 'utf8')) as Owners;
  } catch {
    return {};
  }
}

/** PUT /containers/:id/archive: unpacks a tar into a folder of the container, whatever its state. */
export async function putArchive(engine: Engine, record: ContainerRecord, containerPath: string, request: IncomingMessage): Promise<void> {
  const { place, path, stat } = existing(engine, record, containerPath);
  // Engine 20.10 answers these three with 500, measured; newer ones say 403 and 400.
  if (!stat.isDirectory()) throw new EngineError(500, 'extraction point is not a directory');
  if (place.mount && !place.mount.writable) throw new EngineError(500, 'mounted volume is marked read-only');
  if (!place.mount && record.hostConfig.ReadonlyRootfs === true) throw new EngineError(500, 'container rootfs is marked read-only');

  const owners = readOwners(place.root);
  const unpack = extract();
  unpack.on('entry', (header, stream, next) => {
    void collect(stream)
      .then((content) => {
        writeEntry(place.root, path, header, content);
        owners[join(place.inside, normalize(header.name)).replace(/\/$/, '')] = { uid: header.uid, gid: header.gid };
        next();
      })
      .catch((error: Error) => next(error));
  });
  try {
    await pipeline(request, unpack as unknown as NodeJS.WritableStream);
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw new EngineError(500, `Error processing tar file: ${(error as Error).message}`);
  }
  // A bind mount is somebody else's folder: nothing is written beside it.
  if (place.mount?.type !== 'bind') writeFileSync(ownersFile(place.root), JSON.stringify(owners));
  engine.containerEvent(record, 'extract-to-dir');
}

async function collect(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(Buffer.from(piece as Uint8Array));
  return Buffer.concat(pieces);
}

function writeEntry(root: string, folder: string, header: Header, content: Buffer): void {
  const name = normalize(header.name);
  if (name.startsWith('/') || name.split('/').includes('..')) throw new EngineError(400, `invalid tar entry ${header.name}`);
  const target = join(folder, name);
  if (header.type === 'directory') {
    mkdirSync(target, { recursive: true });
    chmodSync(target, header.mode | 0o700);
    return;
  }
  mkdirSync(dirname(target), { recursive: true });
  contained(root, target);
  if (header.type === 'symlink') {
    rmSync(target, { force: true });
    symlinkSync(header.linkname, target);
    return;
  }
  // Written aside and renamed: a reader sees the old file or the new one.
  const next = `${target}.extracting`;
  writeFileSync(next, content, { mode: header.mode });
  chmodSync(next, header.mode);
  renameSync(next, target);
}

/** The header of HEAD and GET: Docker's path stat, in Go's file mode bits. */
export function pathStat(engine: Engine, record: ContainerRecord, containerPath: string): string {
  const { path, stat } = existing(engine, record, containerPath);
  const goMode = (stat.mode & 0o777) | (stat.isDirectory() ? 0x80000000 : 0);
  const name = basename(normalize(containerPath).replace(/\/\.?$/, '')) || '/';
  return Buffer.from(JSON.stringify({ name, size: stat.size, mode: goMode, mtime: stat.mtime.toISOString(), linkTarget: lstatSync(path).isSymbolicLink() ? readlinkSync(path) : '' })).toString('base64');
}

/** GET /containers/:id/archive: a tar of a file or folder, entries under its own name, or under `./` when the path ends in `/.`. */
export function getArchive(engine: Engine, record: ContainerRecord, containerPath: string): Pack {
  const { place, path, stat } = existing(engine, record, containerPath.replace(/\/\.$/, '') || '/');
  const archive = pack();
  const prefix = containerPath.endsWith('/.') ? '.' : basename(path) || '.';
  const name = placeName(containerPath, prefix);
  void addTree(archive, { owners: readOwners(place.root), inside: place.inside, path, name, stat })
    .then(() => archive.finalize())
    .catch((error: Error) => archive.destroy(error));
  return archive;
}

/** The folder of a volume is called `_data` here, but its mount point's name is what Docker writes. */
function placeName(containerPath: string, prefix: string): string {
  return prefix === '.' ? '.' : basename(normalize(containerPath));
}

async function addTree(archive: Pack, item: { owners: Owners; inside: string; path: string; name: string; stat: Stats }): Promise<void> {
  const { owners, inside, path, name, stat } = item;
  const owner = owners[inside === '' ? '.' : inside] ?? owners[inside] ?? AGENT_OWNER;
  const header = { mode: stat.mode & 0o7777, mtime: stat.mtime, ...owner };
  if (stat.isSymbolicLink()) {
    archive.entry({ ...header, name, type: 'symlink', linkname: readlinkSync(path) });
  } else if (stat.isDirectory()) {
    archive.entry({ ...header, name: `${name}/`, type: 'directory' });
    for (const child of readdirSync(path).sort()) {
      const childPath = join(path, child);
      // A file may go away while an agent that runs is being read.
      const childStat = lstatSync(childPath, { throwIfNoEntry: false });
      if (childStat) await addTree(archive, { owners, inside: join(inside, child), path: childPath, name: `${name}/${child}`, stat: childStat });
    }
  } else if (stat.isFile()) {
    if (stat.size === 0) {
      archive.entry({ ...header, name }, '');
      return;
    }
    // Read up to the size told in the header: a log may grow meanwhile.
    const sink = archive.entry({ ...header, name, size: stat.size });
    await pipeline(createReadStream(path, { end: stat.size - 1 }), sink as unknown as NodeJS.WritableStream);
  }
}
