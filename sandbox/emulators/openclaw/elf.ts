import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const DT_NEEDED = 1n;
const DT_STRTAB = 5n;
const DT_RPATH = 15n;
const DT_RUNPATH = 29n;

export interface ElfNeeds {
  /** Path of the program loader, absent in a static binary or a library. */
  interpreter: string | undefined;
  needed: string[];
  searchPaths: string[];
}

interface Segment {
  type: number;
  offset: number;
  address: bigint;
  size: number;
}

/** Reads what a 64-bit little-endian ELF file needs at run time (System V gABI, chapters 4 and 5). @throws Error for another kind of file. */
export function readElfNeeds(path: string): ElfNeeds {
  const file = openSync(path, 'r');
  const read = (position: number, length: number): Buffer => {
    const bytes = Buffer.alloc(length);
    readSync(file, bytes, 0, length, position);
    return bytes;
  };
  try {
    const header = read(0, 64);
    if (header.toString('latin1', 0, 4) !== '\x7fELF' || header[4] !== 2 || header[5] !== 1) throw new Error(`${path} is not a 64-bit little-endian ELF file`);
    const segments = readSegments(header, read);
    const interp = segments.find((segment) => segment.type === PT_INTERP);
    const interpreter = interp && cString(read(interp.offset, interp.size), 0);
    const dynamic = segments.find((segment) => segment.type === PT_DYNAMIC);
    if (!dynamic) return { interpreter, needed: [], searchPaths: [] };
    return { interpreter, ...readDynamic(path, read(dynamic.offset, dynamic.size), segments, read) };
  } finally {
    closeSync(file);
  }
}

type Read = (position: number, length: number) => Buffer;

function readSegments(header: Buffer, read: Read): Segment[] {
  const tableOffset = Number(header.readBigUInt64LE(32));
  const entrySize = header.readUInt16LE(54);
  const count = header.readUInt16LE(56);
  const table = read(tableOffset, entrySize * count);
  return Array.from({ length: count }, (_, index) => {
    const at = index * entrySize;
    return { type: table.readUInt32LE(at), offset: Number(table.readBigUInt64LE(at + 8)), address: table.readBigUInt64LE(at + 16), size: Number(table.readBigUInt64LE(at + 32)) };
  });
}

function readDynamic(path: string, table: Buffer, segments: Segment[], read: Read): { needed: string[]; searchPaths: string[] } {
  const entries: [bigint, bigint][] = [];
  for (let at = 0; at + 16 <= table.length; at += 16) entries.push([table.readBigInt64LE(at), table.readBigUInt64LE(at + 8)]);
  const stringsAddress = entries.find(([tag]) => tag === DT_STRTAB)?.[1];
  if (stringsAddress === undefined) return { needed: [], searchPaths: [] };
  const home = segments.find((segment) => segment.type === PT_LOAD && stringsAddress >= segment.address && stringsAddress < segment.address + BigInt(segment.size));
  if (!home) throw new Error(`${path} has no string table`);
  const stringsOffset = home.offset + Number(stringsAddress - home.address);
  const text = (index: bigint): string => cString(read(stringsOffset + Number(index), 512), 0);
  const origin = dirname(realpathSync(path));
  return {
    needed: entries.filter(([tag]) => tag === DT_NEEDED).map(([, value]) => text(value)),
    searchPaths: entries
      .filter(([tag]) => tag === DT_RPATH || tag === DT_RUNPATH)
      .flatMap(([, value]) => text(value).split(':'))
      .map((folder) => folder.replace(/\$\{?ORIGIN\}?/g, origin)),
  };
}

function cString(bytes: Buffer, from: number): string {
  const end = bytes.indexOf(0, from);
  return bytes.toString('utf8', from, end < 0 ? bytes.length : end);
}

/** Folders of /etc/ld.so.conf (with its includes) and the loader's own. */
function systemLibraryFolders(): string[] {
  const folders: string[] = [];
  const readConf = (path: string): void => {
    if (!existsSync(path)) return;
    for (const line of readFileSync(path, 'utf8').split('\n').map((raw) => raw.replace(/#.*/, '').trim())) {
      const include = /^include\s+(\S+)$/.exec(line)?.[1];
      if (include !== undefined) {
        const folder = dirname(include);
        if (existsSync(folder)) for (const name of readdirSync(folder).sort()) if (name.endsWith('.conf')) readConf(join(folder, name));
      } else if (line.startsWith('/')) folders.push(line);
    }
  };
  readConf('/etc/ld.so.conf');
  return [...folders, '/lib64', '/usr/lib64', '/lib', '/usr/lib'];
}

/** Libraries that glibc opens by name at run time and no table lists: name resolution. */
const OPENED_AT_RUN_TIME = ['libnss_files.so.2', 'libnss_dns.so.2', 'libresolv.so.2'];

/** The loader and every shared library that a program needs, found as the loader would find them. Keys are library names, values host paths. */
export function collectSharedLibraries(program: string): { interpreter: string | undefined; libraries: Map<string, string> } {
  const libraries = new Map<string, string>();
  const root = readElfNeeds(program);
  const system = systemLibraryFolders();
  const visit = (needs: ElfNeeds): void => {
    for (const name of needs.needed) {
      if (libraries.has(name) || name === basename(root.interpreter ?? '')) continue;
      const path = [...needs.searchPaths, ...root.searchPaths, ...system].map((folder) => join(folder, name)).find((candidate) => existsSync(candidate));
      if (path === undefined) throw new Error(`The library ${name} that ${program} needs was not found`);
      libraries.set(name, path);
      visit(readElfNeeds(path));
    }
  };
  visit(root);
  const libc = libraries.get('libc.so.6');
  for (const name of libc === undefined ? [] : OPENED_AT_RUN_TIME) {
    const path = join(dirname(libc as string), name);
    if (existsSync(path) && !libraries.has(name)) libraries.set(name, path);
  }
  return { interpreter: root.interpreter, libraries };
}
