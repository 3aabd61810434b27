/** Slots, ports, routes and access in Postgres, in the worker that runs the workflow. Each is one atomic statement; each undo tolerates "not found". */
export interface PlacementPort {
  /** Take the slot held for this instance at checkout, or a free one on any healthy host. Non-retryable NO_CAPACITY if none. */
  reserveSlot(input: { instanceId: string; customerId: string }): Promise<{ hostId: string }>;
  releaseSlot(input: { instanceId: string }): Promise<void>;
  /** `avoidPorts`: bound by somebody else on that host; a port among them is exchanged for another. */
  reservePort(input: { instanceId: string; hostId: string; avoidPorts?: number[] }): Promise<{ port: number }>;
  releasePort(input: { instanceId: string }): Promise<void>;
  /** From now on chat and the address lead to this container. */
  publishRoute(input: { instanceId: string; hostId: string; port: number }): Promise<{ url: string }>;
  unpublishRoute(input: { instanceId: string }): Promise<void>;
  /** Gateway token and agent token of this instance are revoked and forgotten. */
  revokeAccess(input: { instanceId: string }): Promise<void>;
}
