import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const LISTEN = '0A';

/** `name (process 123)` of who listens on a local port, as far as the system tells; undefined otherwise. */
export function ownerOfPort(port: number): string | undefined {
  if (process.platform === 'linux') return ownerByProc(port);
  try {
    // lsof is part of macOS.
    const fields = execFileSync('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\n');
    const pid = fields.find((field) => field.startsWith('p'))?.slice(1);
    const name = fields.find((field) => field.startsWith('c'))?.slice(1);
    return pid === undefined ? undefined : `${name ?? 'a program'} (process ${pid})`;
  } catch {
    return undefined;
  }
}

function ownerByProc(port: number): string | undefined {
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of read(table).split('\n').slice(1)) {
      const columns = line.trim().split(/\s+/);
      if (columns[3] === LISTEN && Number.parseInt(columns[1]?.split(':')[1] ?? '', 16) === port && columns[9] !== undefined) inodes.add(`socket:[${columns[9]}]`);
    }
  }
  if (inodes.size === 0) return undefined;
  for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      if (readdirSync(`/proc/${pid}/fd`).some((descriptor) => inodes.has(link(`/proc/${pid}/fd/${descriptor}`)))) {
        return `${read(`/proc/${pid}/comm`).trim()} (process ${pid})`;
      }
    } catch {
      // gone meanwhile, or another user's
    }
  }
  return 'a process of another user';
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
