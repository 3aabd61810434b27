import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { DataSource } from 'typeorm';

export interface ExportTarget { readonly customerId: string; readonly instanceId: string; readonly generation: number; readonly instanceName: string }

/**
 * Writes a tar to `<storageDir>/<exportId>.tar` and its row (whose `path` is relative to the folder, so that it may move). One export a generation of an instance: a later one takes its place. The file appears
 * under its name only when it is whole and on disk; what an earlier call left half-written is removed, and that call cannot finish any more.
 */
export async function storeExport(
  deps: { dataSource: DataSource; storageDir: string }, target: ExportTarget, tar: Readable, signal: AbortSignal,
): Promise<{ exportId: string; bytes: number }> {
  const exportId = exportIdOf(target);
  await mkdir(deps.storageDir, { recursive: true, mode: 0o700 });
  await removePartials(deps.storageDir, exportId);
  const path = join(deps.storageDir, `${exportId}.tar`);
  const partial = `${path}.${randomBytes(6).toString('hex')}.partial`;
  const sha256 = createHash('sha256');
  let bytes = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) { sha256.update(chunk); bytes += chunk.length; done(null, chunk); },
  });
  try {
    await pipeline(tar, meter, createWriteStream(partial, { mode: 0o600, flags: 'wx' }), { signal });
    await flush(partial);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  await deps.dataSource.query(
    `INSERT INTO export (id, customer_id, instance_id, instance_name, generation, path, bytes, sha256) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (instance_id, generation) DO UPDATE SET path = excluded.path, bytes = excluded.bytes, sha256 = excluded.sha256, created_at = now()`,
    [exportId, target.customerId, target.instanceId, target.instanceName, target.generation, `${exportId}.tar`, bytes, sha256.digest('hex')],
  );
  return { exportId, bytes };
}

/** The export of this generation that is there already, or null. */
export async function findExport(dataSource: DataSource, target: { instanceId: string; generation: number }): Promise<{ exportId: string; bytes: number } | null> {
  const rows: { id: string; bytes: string }[] = await dataSource.query('SELECT id, bytes FROM export WHERE instance_id = $1 AND generation = $2', [target.instanceId, target.generation]);
  return rows[0] === undefined ? null : { exportId: rows[0].id, bytes: Number(rows[0].bytes) };
}

/** A UUID (version 8, RFC 9562: our own scheme) from instance and generation: every call for them means the same file. */
export function exportIdOf({ instanceId, generation }: { instanceId: string; generation: number }): string {
  const bytes = createHash('sha256').update(JSON.stringify(['export', instanceId, generation])).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

async function removePartials(storageDir: string, exportId: string): Promise<void> {
  const names = (await readdir(storageDir)).filter((name) => name.startsWith(`${exportId}.tar.`) && name.endsWith('.partial'));
  await Promise.all(names.map((name) => rm(join(storageDir, name), { force: true })));
}

async function flush(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
