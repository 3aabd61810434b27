/** How to reach one Docker host. A plain TCP address is for the emulator on loopback only; a remote engine needs TLS both ways. */
export type DockerConnection =
  | { socketPath: string }
  | { host: string; port: number; tls?: { ca: string; cert: string; key: string } };

/**
 * Reads a DOCKER_HOST value: `unix:///path`, or `tcp://host:port` / `http://host:port`.
 * @throws Error naming the value when it is neither.
 */
export function parseDockerHost(url: string): DockerConnection {
  if (url.startsWith('unix://')) {
    const socketPath = url.slice('unix://'.length);
    if (!socketPath.startsWith('/')) throw new Error(`DOCKER_HOST names no absolute socket path: ${url}`);
    return { socketPath };
  }
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !['tcp:', 'http:'].includes(parsed.protocol)) throw new Error(`DOCKER_HOST must be unix:///path or tcp://host:port: ${url}`);
  const port = parsed.port === '' ? (parsed.protocol === 'http:' ? 80 : 2375) : Number(parsed.port);
  return { host: parsed.hostname.replace(/^\[|\]$/g, ''), port };
}

/**
 * Constructor options for dockerode. Every field is named, since docker-modem fills absent ones from the process
 * environment (DOCKER_HOST, DOCKER_CERT_PATH …) and would then talk to another engine than the one asked for.
 */
export function dockerodeOptions(connection: DockerConnection): Record<string, unknown> {
  const none = { socketPath: undefined, host: undefined, port: undefined, username: undefined, ca: undefined, cert: undefined, key: undefined, timeout: undefined, pathPrefix: '/' };
  if ('socketPath' in connection) return { ...none, protocol: 'http', socketPath: connection.socketPath };
  const { host, port, tls } = connection;
  return { ...none, protocol: tls ? 'https' : 'http', host, port, ...(tls ?? {}) };
}
