import { EngineError } from './docker-error-reply.js';
import type { Engine } from './engine.js';
import { hasLabel } from './event-bus.js';
import { newId } from './ids.js';
import type { ContainerRecord, Foreign, NetworkRecord } from './records.js';

const PREDEFINED = ['bridge', 'host', 'none'];

/** The three networks that every engine has. "Containers" are processes of this machine, so the bridge's own address is its loopback. */
export function ensurePredefinedNetworks(engine: Engine): void {
  for (const name of PREDEFINED) {
    if (engine.store.networks.all().some((network) => network.name === name)) continue;
    const driver = name === 'none' ? 'null' : name;
    saveNetwork(engine, { Name: name, Driver: driver }, name === 'bridge' ? { subnet: '127.0.0.0/8', gateway: '127.0.0.1' } : { subnet: '', gateway: '' });
  }
}

/** POST /networks/create. @throws EngineError 409 when the name is taken */
export function createNetwork(engine: Engine, body: Foreign): { Id: string; Warning: string } {
  const name = String(body.Name ?? '');
  if (name === '') throw new EngineError(400, 'network name cannot be empty');
  // Engine 20.10 lets a name be taken twice when CheckDuplicate is absent; newer ones never do, and neither does this.
  if (engine.store.networks.all().some((network) => network.name === name)) throw new EngineError(409, `network with name ${name} already exists`);
  const record = saveNetwork(engine, body, addressesOf(engine, body));
  engine.events.emit('network', 'create', record.id, { name, type: record.driver });
  return { Id: record.id, Warning: '' };
}

function saveNetwork(engine: Engine, body: Foreign, addresses: { subnet: string; gateway: string }): NetworkRecord {
  const record: NetworkRecord = {
    id: newId(),
    name: String(body.Name),
    createdAt: new Date().toISOString(),
    driver: String(body.Driver ?? 'bridge'),
    labels: (body.Labels ?? {}) as Record<string, string>,
    options: (body.Options ?? {}) as Record<string, string>,
    ...addresses,
    body,
  };
  engine.store.networks.save(record.id, record);
  return record;
}

function addressesOf(engine: Engine, body: Foreign): { subnet: string; gateway: string } {
  const given = (body.IPAM as { Config?: { Subnet?: string; Gateway?: string }[] } | undefined)?.Config?.[0];
  const taken = new Set(engine.store.networks.all().map((network) => network.subnet));
  if (given?.Subnet !== undefined) {
    if (taken.has(given.Subnet)) throw new EngineError(403, 'Pool overlaps with other one on this address space');
    return { subnet: given.Subnet, gateway: given.Gateway ?? firstAddress(given.Subnet) };
  }
  for (let block = 1; block < 4096; block += 1) {
    const subnet = `10.201.${block >> 4}.${(block & 15) * 16}/28`;
    if (!taken.has(subnet)) return { subnet, gateway: firstAddress(subnet) };
  }
  throw new EngineError(404, 'could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network');
}

const firstAddress = (subnet: string): string => (subnet.split('/')[0] ?? '').replace(/\d+$/, (last) => String(Number(last) + 1));

/** By id, name or unique beginning of an id. @throws EngineError 404 */
export function findNetwork(engine: Engine, wanted: string): NetworkRecord {
  const all = engine.store.networks.all();
  const found = all.find((network) => network.id === wanted || network.name === wanted) ?? all.find((network) => wanted.length >= 4 && network.id.startsWith(wanted));
  if (!found) throw new EngineError(404, `network ${wanted} not found`);
  return found;
}

const membersOf = (engine: Engine, network: NetworkRecord): ContainerRecord[] =>
  engine.store.containers.all().filter((container) => (container.status === 'running' || container.status === 'restarting') && (network.name in container.networks || network.id in container.networks));

export function networkView(engine: Engine, network: NetworkRecord): Foreign {
  const members = membersOf(engine, network).map((container) => {
    const endpoint = container.networks[network.name] ?? container.networks[network.id];
    return [container.id, { Name: container.name, EndpointID: endpoint?.endpointId ?? '', MacAddress: '', IPv4Address: endpoint?.address ? `${endpoint.address}/28` : '', IPv6Address: '' }] as const;
  });
  return {
    Name: network.name,
    Id: network.id,
    Created: network.createdAt,
    Scope: 'local',
    Driver: network.driver,
    EnableIPv6: network.body.EnableIPv6 === true,
    IPAM: { Driver: 'default', Options: null, Config: network.subnet === '' ? [] : [{ Subnet: network.subnet, Gateway: network.gateway }] },
    Internal: network.body.Internal === true,
    Attachable: network.body.Attachable === true,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: Object.fromEntries(members),
    Options: network.options,
    Labels: network.labels,
  };
}

export function listNetworks(engine: Engine, filters: Record<string, string[]>): Foreign[] {
  const any = (values: string[] | undefined, test: (value: string) => boolean): boolean => values === undefined || values.some(test);
  return engine.store.networks
    .all()
    .filter(
      (network) =>
        (filters.label ?? []).every((label) => hasLabel(network.labels, label)) &&
        any(filters.name, (name) => network.name.includes(name)) &&
        any(filters.id, (id) => network.id.startsWith(id)) &&
        any(filters.driver, (driver) => network.driver === driver),
    )
    .map((network) => networkView(engine, network));
}

/** @throws EngineError 404, 403 for a predefined one or while a running container is on it */
export function removeNetwork(engine: Engine, wanted: string): void {
  const network = findNetwork(engine, wanted);
  if (PREDEFINED.includes(network.name)) throw new EngineError(403, `${network.name} is a pre-defined network and cannot be removed`);
  if (membersOf(engine, network).length > 0) throw new EngineError(403, `error while removing network: network ${network.name} id ${network.id} has active endpoints`);
  engine.store.networks.delete(network.id);
  engine.events.emit('network', 'destroy', network.id, { name: network.name, type: network.driver });
}

/** The joining of a container that is starting: each network gives it an address. @throws EngineError 404 when one is gone */
export function joinNetworks(engine: Engine, container: ContainerRecord): ContainerRecord['networks'] {
  return Object.fromEntries(
    Object.keys(container.networks).map((name) => {
      const network = findNetwork(engine, name);
      const taken = new Set(membersOf(engine, network).map((member) => member.networks[network.name]?.address));
      let address = '';
      for (let host = 2; network.subnet !== '' && address === ''; host += 1) {
        const candidate = network.gateway.replace(/\d+$/, (last) => String(Number(last) + host - 1));
        if (!taken.has(candidate)) address = candidate;
      }
      engine.events.emit('network', 'connect', network.id, { container: container.id, name: network.name, type: network.driver });
      return [name, { endpointId: newId(), address }];
    }),
  );
}

export function connectNetwork(engine: Engine, wanted: string, container: ContainerRecord): void {
  const network = findNetwork(engine, wanted);
  if (network.name in container.networks) throw new EngineError(403, `endpoint with name ${container.name} already exists in network ${network.name}`);
  const joined = { ...container, networks: { ...container.networks, [network.name]: { endpointId: '', address: '' } } };
  container.networks = container.status === 'running' ? { ...container.networks, ...joinNetworks(engine, { ...joined, networks: { [network.name]: { endpointId: '', address: '' } } }) } : joined.networks;
  engine.store.containers.save(container.id, container);
}

export function disconnectNetwork(engine: Engine, wanted: string, container: ContainerRecord): void {
  const network = findNetwork(engine, wanted);
  if (!(network.name in container.networks)) throw new EngineError(403, `container ${container.id} is not connected to network ${network.name}`);
  const { [network.name]: _left, ...rest } = container.networks;
  container.networks = rest;
  engine.store.containers.save(container.id, container);
  engine.events.emit('network', 'disconnect', network.id, { container: container.id, name: network.name, type: network.driver });
}
