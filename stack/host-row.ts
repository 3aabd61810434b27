import { Client } from 'pg';

export interface HostRow { id: string; dockerUrl: string; gatewayUrl: string; engine: 'engine' | 'emulator'; image: string; slots: number; firstPort: number; lastPort: number }

/**
 * Writes the sandbox's Docker host. A change between a real engine and the emulator is another host: the one not in use takes
 * no new instances, and what stands on it is left alone.
 */
export async function writeHostRow(databaseUrl: string, host: HostRow): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('BEGIN');
    const others = await client.query('UPDATE host SET draining = true WHERE id = ANY($1) AND id <> $2 AND NOT draining', [Object.values(HOST_IDS), host.id]);
    await client.query(
      `INSERT INTO host (id, docker_url, gateway_url, engine, image, capacity_slots, first_port, last_port)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (id) DO UPDATE SET docker_url = $2, gateway_url = $3, engine = $4, image = $5,
         capacity_slots = GREATEST(host.used_slots, $6), first_port = $7, last_port = $8, draining = host.draining AND NOT $9`,
      [host.id, host.dockerUrl, host.gatewayUrl, host.engine, host.image, host.slots, host.firstPort, host.lastPort, (others.rowCount ?? 0) > 0],
    );
    await client.query('COMMIT');
  } finally {
    await client.end();
  }
}

/** Its engine is part of what a host is. */
export const HOST_IDS = { emulator: 'host-1', engine: 'engine-1' } as const;
