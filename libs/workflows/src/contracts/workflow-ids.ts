/** Workflow ids (api.md). No personal data: ids only. */
export const customerWorkflowId = (customerId: string): string => `customer/${customerId}`;
export const provisionWorkflowId = (instanceId: string, generation: number): string => `provision/${instanceId}/${generation}`;
export const teardownWorkflowId = (instanceId: string, generation: number): string => `teardown/${instanceId}/${generation}`;
