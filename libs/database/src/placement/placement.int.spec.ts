import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDataSource } from '#database/data-source.js';
import { createTestDatabase, type TestDatabase } from '#testing/postgres.js';
import { PortHeldElsewhere, releasePort, reservePort } from './ports.js';
import { holdSlot, releaseSlot, takeSlot } from './slots.js';

let database: TestDatabase;
let source: DataSource;
const inAnHour = (): Date => new Date(Date.now() + 3_600_000);
const owner = (): { instanceId: string; customerId: string } => ({ instanceId: randomUUID(), customerId: randomUUID() });
const addHost = (id: string, slots: number, ports = 5) => source.query(
  `INSERT INTO host (id, docker_url, gateway_url, engine, image, capacity_slots, first_port, last_port) VALUES ($1, 'http://d', 'http://g', 'emulator', 'i', $2, 21000, $3)`,
  [id, slots, 20_999 + ports],
);
const usedSlots = async (): Promise<Record<string, number>> =>
  Object.fromEntries((await source.query('SELECT id, used_slots FROM host ORDER BY id') as { id: string; used_slots: number }[]).map((row) => [row.id, row.used_slots]));

beforeAll(async () => {
  database = await createTestDatabase();
  source = await createDataSource(database.url, 40).initialize();
});
afterAll(async () => {
  await source.destroy();
  await database.drop();
});
beforeEach(async () => {
  for (const table of ['slot_reservation', 'host_port', 'host']) await source.query(`DELETE FROM ${table}`);
});

describe('slots', () => {
  it('gives 200 callers of 20 slots exactly 20, again and again', async () => {
    await addHost('a', 8);
    await addHost('b', 12);
    for (let round = 0; round < 5; round += 1) {
      const hosts = await Promise.all(Array.from({ length: 200 }, (_, i) =>
        i % 2 === 0 ? holdSlot(source.manager, { ...owner(), expiresAt: inAnHour() }) : takeSlot(source.manager, owner())));
      expect(hosts.filter((host) => host !== null)).toHaveLength(20);
      expect(await usedSlots()).toEqual({ a: 8, b: 12 });
      await source.query('DELETE FROM slot_reservation');
      expect(await usedSlots()).toEqual({ a: 0, b: 0 });
    }
  });

  it('keeps its promise while 60 callers hold, take and release at once', async () => {
    await addHost('a', 7);
    await addHost('b', 5);
    await Promise.all(Array.from({ length: 60 }, async (_, i) => {
      const mine = owner();
      await holdSlot(source.manager, { ...mine, expiresAt: new Date(Date.now() + (i % 3 === 0 ? -1000 : 3_600_000)) });
      await takeSlot(source.manager, mine);
      await releaseSlot(source.manager, mine);
    }));
    expect(await usedSlots()).toEqual({ a: 0, b: 0 });
  });

  it('extends one\'s own hold and keeps its host', async () => {
    await addHost('a', 1);
    const mine = owner();
    const later = inAnHour();
    expect(await holdSlot(source.manager, { ...mine, expiresAt: new Date(Date.now() + 1000) })).toBe('a');
    expect(await holdSlot(source.manager, { ...mine, expiresAt: later })).toBe('a');
    const [row] = await source.query('SELECT expires_at, state FROM slot_reservation') as { expires_at: Date; state: string }[];
    expect(row).toEqual({ expires_at: later, state: 'held' });
    expect(await usedSlots()).toEqual({ a: 1 });
  });

  it('gives an expired hold to the next, but not a taken slot', async () => {
    await addHost('a', 1);
    const [first, second, third] = [owner(), owner(), owner()];
    await holdSlot(source.manager, { ...first, expiresAt: new Date(Date.now() - 1) });
    expect(await takeSlot(source.manager, second)).toBe('a');
    expect(await takeSlot(source.manager, second)).toBe('a');
    expect(await holdSlot(source.manager, { ...third, expiresAt: inAnHour() })).toBeNull();
    expect(await holdSlot(source.manager, { ...second, expiresAt: inAnHour() })).toBe('a');
    expect(await source.query('SELECT state FROM slot_reservation')).toEqual([{ state: 'taken' }]);
  });

  it('leaves a draining host, and says null where only such are left', async () => {
    await addHost('a', 2);
    const mine = owner();
    await holdSlot(source.manager, { ...mine, expiresAt: inAnHour() });
    await source.query(`UPDATE host SET draining = true WHERE id = 'a'`);
    expect(await takeSlot(source.manager, mine)).toBeNull();
    await addHost('b', 1);
    expect(await takeSlot(source.manager, mine)).toBe('b');
    expect(await usedSlots()).toEqual({ a: 0, b: 1 });
  });

  it('is part of the caller\'s transaction', async () => {
    await addHost('a', 1);
    await expect(source.transaction(async (manager) => {
      await holdSlot(manager, { ...owner(), expiresAt: inAnHour() });
      throw new Error('the caller changed its mind');
    })).rejects.toThrow('changed its mind');
    expect(await usedSlots()).toEqual({ a: 0 });
  });
});

describe('ports', () => {
  it('gives each of 100 callers another port, the lowest first', async () => {
    await addHost('a', 1, 60);
    const ports = await Promise.all(Array.from({ length: 100 }, () => reservePort(source.manager, { instanceId: randomUUID(), hostId: 'a' })));
    const given = ports.filter((port) => port !== null).sort((x, y) => x - y);
    expect(given).toEqual(Array.from({ length: 60 }, (_, i) => 21_000 + i));
  });

  it('answers the same port again, reuses a freed one, and refuses two hosts for one instance', async () => {
    await addHost('a', 1);
    await addHost('b', 1);
    const [first, second] = [randomUUID(), randomUUID()];
    expect(await reservePort(source.manager, { instanceId: first, hostId: 'a' })).toBe(21_000);
    expect(await reservePort(source.manager, { instanceId: second, hostId: 'a' })).toBe(21_001);
    expect(await reservePort(source.manager, { instanceId: first, hostId: 'a' })).toBe(21_000);
    // Somebody else on the host has bound it: exchanged, and asking again gives the same.
    expect(await reservePort(source.manager, { instanceId: first, hostId: 'a', avoidPorts: [21_000, 21_002] })).toBe(21_003);
    expect(await reservePort(source.manager, { instanceId: first, hostId: 'a', avoidPorts: [21_000, 21_002] })).toBe(21_003);
    expect(await reservePort(source.manager, { instanceId: first, hostId: 'a', avoidPorts: [21_003] })).toBe(21_000);
    await expect(reservePort(source.manager, { instanceId: first, hostId: 'b' })).rejects.toThrow(PortHeldElsewhere);
    await releasePort(source.manager, { instanceId: first });
    await releasePort(source.manager, { instanceId: first });
    expect(await reservePort(source.manager, { instanceId: randomUUID(), hostId: 'a' })).toBe(21_000);
  });
});
