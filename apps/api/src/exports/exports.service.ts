import { Inject, Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Environment } from '#config/environment.js';
import { Database } from '../database/database.js';
import { pageOf, placeOf, type ListQuery, type Page } from '../http/list.dto.js';
import { notFound, unavailable } from '../http/problem.js';
import type { Member } from '../policy/caller.js';
import { ENVIRONMENT } from '../tokens.js';
import type { ExportDto } from './exports.dto.js';

interface ExportRow { id: string; instance_id: string; instance_name: string; bytes: string; sha256: string; created_at: Date; place: string }

/** Tar files of instances' data, kept in STORAGE_DIR under their own id. */
@Injectable()
export class ExportsService {
  constructor(
    private readonly database: Database,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  async list({ customerId }: Member, { limit, cursor }: ListQuery): Promise<Page<ExportDto>> {
    const after = placeOf(cursor);
    const rows = await this.database.rows<ExportRow>(
      `SELECT *, created_at::text AS place FROM export WHERE customer_id = $1 AND ($2::timestamptz IS NULL OR (created_at, id::text) < ($2, $3)) ORDER BY created_at DESC, id::text DESC LIMIT $4`,
      [customerId, after?.at ?? null, after?.id ?? null, limit + 1]);
    return pageOf(rows, limit, ({ place, id }) => ({ at: place, id }), (row) => ({
      id: row.id, instanceId: row.instance_id, instanceName: row.instance_name, bytes: Number(row.bytes), sha256: row.sha256, createdAt: row.created_at.toISOString(),
      downloadUrl: `/api/v1/exports/${row.id}/download`,
    }));
  }

  /** Streams the file. 503 where the row is there and the file is not. */
  async download({ customerId }: Member, id: string, response: Response): Promise<void> {
    const row = await this.database.row<ExportRow>('SELECT * FROM export WHERE id = $1 AND customer_id = $2', [id, customerId]);
    if (row === null) throw notFound('export');
    const file = await open(join(this.environment.STORAGE_DIR, `${row.id}.tar`)).catch(() => null);
    if (file === null) throw unavailable('EXPORT_UNAVAILABLE', 'The file cannot be read at the moment. It is not lost; tell support if this goes on.', 60);
    response.status(200).set({
      'Content-Type': 'application/x-tar', 'Content-Length': String((await file.stat()).size), 'Cache-Control': 'private, no-store',
      'Content-Disposition': `attachment; filename="clawkeep-export-${row.id}.tar"`,
    });
    // Errors after the first byte cut the connection; who has left is no error.
    await pipeline(file.createReadStream(), response).catch(() => response.destroy());
  }
}
