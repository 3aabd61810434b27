import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { ApiUnderTest, type SignedIn } from '../../test/api-under-test.js';
import { openStream } from '../../test/event-reader.js';

const PATIENCE_MS = 45_000;

/** Between the API and Postgres, so that the line can be cut and mended. */
class Line {
  private readonly sockets = new Set<Socket>();
  private isCut = false;
  readonly server: Server;

  constructor(port: number) {
    this.server = createServer((near) => {
      if (this.isCut) { near.destroy(); return; }
      const far = connect(port, '127.0.0.1');
      for (const [socket, twin] of [[near, far], [far, near]] as const) {
        this.sockets.add(socket);
        socket.on('error', () => twin.destroy()).on('close', () => { twin.destroy(); this.sockets.delete(socket); }).pipe(twin);
      }
    });
  }

  cut(): void {
    this.isCut = true;
    for (const socket of this.sockets) socket.destroy();
  }

  mend(): void { this.isCut = false; }
}

let line: Line;
let api: ApiUnderTest;
let ann: SignedIn;
beforeAll(async () => {
  const postgres = new URL(inject('postgresUrl'));
  line = new Line(Number(postgres.port));
  await new Promise<void>((resolve) => line.server.listen(0, '127.0.0.1', resolve));
  postgres.port = String((line.server.address() as AddressInfo).port);
  api = await ApiUnderTest.start({ DATABASE_SERVER: postgres.toString() });
  ann = await api.signUp('ann@example.com');
  await api.addHost(3);
  await api.addKey(ann.customerId);
});
afterAll(async () => {
  line.mend();
  await api.stop();
  line.server.close();
});

describe('while the database is away', () => {
  it('everything that needs it is a 503 in our shape, nobody is signed out, and all goes on afterwards', async () => {
    const stream = await openStream(`${api.url}/api/v1/events`, { cookie: ann.cookie });
    line.cut();
    const asked: [string, string, object?][] = [
      ['GET', '/api/v1/users/me'], ['GET', '/api/v1/instances'], ['GET', '/api/v1/events'], ['PATCH', '/api/v1/users/me', { name: 'X' }], ['POST', '/api/v1/instances', { planId: 'free', provider: 'openai' }],
      ['POST', '/api/auth/sign-in/email', { email: ann.email, password: 'whatever it may be' }], ['POST', '/api/auth/sign-up/email', { email: 'new@example.com', password: 'whatever it may be', name: 'N' }],
    ];
    for (const [method, path, body] of asked) {
      const answer = await api.call(method, path, { cookie: ann.cookie, ...(body === undefined ? {} : { body }) });
      expect([path, answer.status, answer.body['code']]).toEqual([path, 503, 'DATABASE_UNAVAILABLE']);
      expect(answer.headers.get('retry-after')).not.toBeNull();
    }
    expect((await api.call('GET', '/api/v1/plans')).status).toBe(200);
    expect((await api.call('GET', '/api/v1/health')).status).toBe(200);
    expect(await api.call('GET', '/api/v1/ready')).toMatchObject({ status: 503, body: { parts: expect.arrayContaining([{ name: 'database', ready: false, detail: expect.stringMatching(/^(Does not answer|No answer in time)\.$/) }]) } });

    line.mend();
    await vi.waitFor(async () => expect((await api.call('GET', '/api/v1/users/me', { cookie: ann.cookie })).status).toBe(200), PATIENCE_MS);
    await vi.waitFor(async () => expect((await api.call('GET', '/api/v1/ready')).body).toMatchObject({ parts: expect.arrayContaining([{ name: 'database', ready: true }]) }), PATIENCE_MS);
    const [row] = await api.rows<{ id: string }>(`INSERT INTO event (customer_id, type, entity_id, version, data) VALUES ($1, 'usage', 'x', 1, '{}') RETURNING id`, [ann.customerId]);
    expect((await stream.next()).id).toBe(row!.id);
    stream.close();
    expect((await api.call('POST', '/api/v1/instances', { cookie: ann.cookie, body: { planId: 'free', provider: 'openai' } })).status).toBe(202);
  });
});
