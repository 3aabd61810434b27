import type { HostFacts, PortRange } from './placement.types.js';

/**
 * The host for the next instance: healthy, not draining, with the largest share of free slots, so that no host is the first to suffer;
 * of equals the first by id, so that the answer is the same everywhere. null = no capacity.
 * This is a wish: the atomic statement that takes the slot has the last word.
 */
export function chooseHost(hosts: readonly HostFacts[], passOver: readonly string[] = []): string | null {
  const free = hosts.filter((host) => host.healthy && !host.draining && host.usedSlots < host.capacitySlots && !passOver.includes(host.id));
  const best = free.sort((a, b) => share(b) - share(a) || (a.id < b.id ? -1 : 1))[0];
  return best?.id ?? null;
}

const share = (host: HostFacts): number => (host.capacitySlots - host.usedSlots) / host.capacitySlots;

/**
 * The lowest port of the range that nobody has. null = none is left.
 * @param startAfter where to begin, so that a port that was just given back rests for a round.
 */
export function choosePort({ firstPort, lastPort }: PortRange, taken: ReadonlySet<number>, startAfter = firstPort - 1): number | null {
  const length = lastPort - firstPort + 1;
  const start = startAfter >= firstPort && startAfter < lastPort ? startAfter + 1 : firstPort;
  for (let step = 0; step < length; step++) {
    const port = firstPort + ((start - firstPort + step) % length);
    if (!taken.has(port)) return port;
  }
  return null;
}
