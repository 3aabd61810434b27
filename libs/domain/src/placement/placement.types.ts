/** A Docker host, as far as choosing one needs it. */
export interface HostFacts {
  readonly id: string;
  readonly capacitySlots: number;
  readonly usedSlots: number;
  /** Takes no new instances. */
  readonly draining: boolean;
  readonly healthy: boolean;
}

/** The ports of a host that are given to instances, both ends included. */
export interface PortRange {
  readonly firstPort: number;
  readonly lastPort: number;
}
