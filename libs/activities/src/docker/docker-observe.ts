import type { ContainerInspectInfo } from 'dockerode';
import type { ContainerStatus, PresentContainer } from './docker-types.js';

/** Docker's zero time: never happened. */
const NEVER = '0001-01-01T00:00:00Z';
const time = (value: string | undefined): string | undefined => (value === undefined || value === '' || value === NEVER ? undefined : new Date(value).toISOString());

/** The host port that a container's configuration publishes; undefined when it publishes none or leaves the choice to the engine. */
export function publishedPort(info: ContainerInspectInfo): number | undefined {
  const bindings = Object.values((info.HostConfig.PortBindings ?? {}) as Record<string, { HostPort?: string }[] | null>).flatMap((list) => list ?? []);
  const port = Number(bindings[0]?.HostPort ?? '');
  return Number.isInteger(port) && port > 0 ? port : undefined;
}

/** What the platform wants to know of an inspected container. */
export function observeContainer(info: ContainerInspectInfo): PresentContainer {
  return {
    id: info.Id,
    name: info.Name.replace(/^\//, ''),
    status: info.State.Status as ContainerStatus,
    running: info.State.Running,
    exitCode: info.State.ExitCode,
    oomKilled: info.State.OOMKilled,
    restartCount: info.RestartCount,
    startedAt: time(info.State.StartedAt),
    finishedAt: time(info.State.FinishedAt),
    image: info.Image,
    labels: info.Config.Labels ?? {},
    hostPort: publishedPort(info),
    error: info.State.Error,
  };
}
