import 'reflect-metadata';
import { Body, Controller, HttpCode, Inject, Injectable, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import pg from 'pg';

/**
 * The yardstick: what any Nest application pays to take a JSON body and write it with one INSERT before it answers. Nothing else: no signature, no guard, no log.
 * Started by the webhooks bench as `node bare-nest.js <database url> <port>`; the table is `bench_post`.
 */
const [databaseUrl = '', port = '0'] = process.argv.slice(2);

@Injectable()
class Store {
  // As many connections as the API has.
  readonly pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });
}

@Controller('posts')
class BareController {
  constructor(@Inject(Store) private readonly store: Store) {}

  @Post() @HttpCode(200)
  async take(@Body() body: { id: string; type: string }): Promise<{ received: true }> {
    await this.store.pool.query('INSERT INTO bench_post (id, type, payload) VALUES ($1, $2, $3)', [body.id, body.type, JSON.stringify(body)]);
    return { received: true };
  }
}

@Module({ controllers: [BareController], providers: [Store] })
class BareModule {}

const app = await NestFactory.create(BareModule, { logger: false });
await app.listen(Number(port), '127.0.0.1');
process.stdout.write('ready\n');
