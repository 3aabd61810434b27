/** Starts the stand-in for the API on loopback. */
export function startMock(port?: number): Promise<{ url: string; stop(): Promise<void> }>;
