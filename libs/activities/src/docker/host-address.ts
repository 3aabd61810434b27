/**
 * Address under which this process reaches the ports that a Docker host publishes on its loopback: loopback itself for a local socket
 * or emulator, else the host's own name.
 */
export function hostAddress(dockerUrl: string): string {
  if (dockerUrl.startsWith('unix://')) return '127.0.0.1';
  return new URL(dockerUrl).hostname.replace(/^\[|\]$/g, '');
}
