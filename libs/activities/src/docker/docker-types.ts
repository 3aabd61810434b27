/** State of one container, told apart from not being able to know it: an error of the engine never reads as "gone". */
export type ContainerState = ({ kind: 'present' } & PresentContainer) | { kind: 'absent' } | { kind: 'unknown'; why: string };

export type ContainerStatus = 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';

export interface PresentContainer {
  id: string;
  name: string;
  status: ContainerStatus;
  running: boolean;
  exitCode: number;
  oomKilled: boolean;
  restartCount: number;
  /** ISO 8601, undefined when it never started or never finished. */
  startedAt: string | undefined;
  finishedAt: string | undefined;
  image: string;
  labels: Record<string, string>;
  /** Published port on the host's loopback, by the container's own configuration. */
  hostPort: number | undefined;
  /** The engine's last start error, empty when none. */
  error: string;
}

/** What a call found or did, so that running it twice can be told from running it once. */
export type Outcome = 'done' | 'already' | 'absent';

export interface NetworkSpec {
  name: string;
  labels: Record<string, string>;
  /** CIDR such as `10.44.3.0/28`; the engine's pools when absent (about 30 networks with its default settings). */
  subnet?: string;
}

export interface VolumeSpec {
  name: string;
  labels: Record<string, string>;
}

export interface VolumeFile {
  /** Relative to the volume's root. */
  path: string;
  /** Permission bits such as 0o400. */
  mode: number;
  uid: number;
  gid: number;
  content: Buffer;
}

export interface VolumeCall {
  volume: string;
  /** Image of the one-off helper container; it is created and never started, so any present image will do. */
  image: string;
  /** Labels of the helper container, so that the orphan sweep finds a leftover. */
  labels: Record<string, string>;
  signal?: AbortSignal;
}

export interface LabelledObject {
  kind: 'container' | 'network' | 'volume';
  id: string;
  name: string;
  labels: Record<string, string>;
  /** Containers only. */
  status?: ContainerStatus;
}

export interface DockerEvent {
  /** `container`, `network`, `volume`, `image`. */
  type: string;
  action: string;
  id: string;
  attributes: Record<string, string>;
  timeNano: bigint;
}

export interface LogLine {
  stream: 'stdout' | 'stderr';
  text: string;
}
