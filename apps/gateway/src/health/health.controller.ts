import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { Response } from 'express';
import type pg from 'pg';
import { POOL } from '../gateway.tokens.js';

/** Whether the gateway lives, and whether it can work. */
@Controller()
export class HealthController {
  constructor(@Inject(POOL) private readonly pool: pg.Pool) {}

  /** 200 while the process answers. */
  @Get('healthz')
  live(): { ok: true } {
    return { ok: true };
  }

  /** 200 when Postgres, the one thing the gateway needs of the house, answers a query; else 503. */
  @Get('readyz')
  async ready(@Res({ passthrough: true }) response: Response): Promise<{ ok: boolean; parts: { database: 'up' | 'down' } }> {
    const up = await this.pool.query('SELECT 1').then(
      () => true,
      () => false,
    );
    if (!up) response.status(503);
    return { ok: up, parts: { database: up ? 'up' : 'down' } };
  }
}
