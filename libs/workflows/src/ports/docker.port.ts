/** One Docker host, queue `docker:<hostId>`. Deterministic names, find-or-create, removal tolerates "not found"; unknown is an error, never "gone". */
export interface DockerPort {
  createNetwork(input: InstanceRef): Promise<void>;
  removeNetwork(input: InstanceRef): Promise<void>;
  createVolumes(input: InstanceRef): Promise<void>;
  removeVolumes(input: InstanceRef): Promise<void>;
  createContainer(input: InstanceRef & { port: number }): Promise<void>;
  removeContainer(input: InstanceRef): Promise<void>;
  /** Builds openclaw.json by the pure builder, resolves secrets here, writes files (mode 0400) into the configuration volume. */
  /** `planId`: these limits, whatever the row says. `unlessPaid`: see stopContainer. */
  writeConfiguration(input: InstanceRef & { planId?: string; unlessPaid?: boolean }): Promise<void>;
  removeConfiguration(input: InstanceRef): Promise<void>;
  startContainer(input: InstanceRef): Promise<void>;
  /** `unlessPaid`: asks Stripe within this call; a customer who owes nothing is not touched (PAID_MEANWHILE), and no answer is a failure to be tried again. */
  stopContainer(input: InstanceRef & { unlessPaid?: boolean }): Promise<void>;
  restartContainer(input: InstanceRef): Promise<void>;
  /** Waits (heartbeating) until the agent's own readiness says yes; an exit is a non-retryable failure with its cause. */
  awaitHealthy(input: InstanceRef): Promise<void>;
  /** One real answer of the agent through its model provider path. */
  answerOnce(input: InstanceRef): Promise<void>;
  /** Tar of the state volume into export storage; answers the export's id. Overwrites a half-written one. */
  exportData(input: InstanceRef): Promise<{ exportId: string; bytes: number }>;
}

export interface InstanceRef { customerId: string; instanceId: string; generation: number; hostId: string }
