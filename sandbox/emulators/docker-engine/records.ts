/** What the emulator keeps on disk. Bodies that a client sent are kept as they came, so that inspect can give them back. */

export type Foreign = Record<string, unknown>;

export type ContainerStatus = 'created' | 'running' | 'restarting' | 'exited';

export interface MountRecord {
  type: 'volume' | 'bind' | 'tmpfs';
  /** Volume name; empty for binds and tmpfs. */
  name: string;
  /** Folder on this machine. */
  source: string;
  destination: string;
  writable: boolean;
}

export interface ContainerRecord {
  id: string;
  name: string;
  createdAt: string;
  /** As the client named it. */
  imageReference: string;
  imageId: string;
  config: Foreign & { Env: string[]; Labels: Record<string, string>; Hostname: string };
  hostConfig: Foreign;
  mounts: MountRecord[];
  /** Names of the networks joined, with the container's own address there. */
  networks: Record<string, { endpointId: string; address: string }>;
  status: ContainerStatus;
  pid: number;
  /** Kernel start time of the process in clock ticks: tells it from a later one with the same id. */
  pidStart: string;
  exitCode: number;
  oomKilled: boolean;
  error: string;
  startedAt: string;
  finishedAt: string;
  restartCount: number;
  /** Somebody stopped or killed it: no restart policy brings it back. */
  stoppedByHand: boolean;
  /** Address and port really bound on this machine for the published port; 0 when none is published. */
  boundPort: number;
  /** Emulated: the next starts exit at once with this code. */
  failingStarts: { code: number; times: number };
}

export interface NetworkRecord {
  id: string;
  name: string;
  createdAt: string;
  driver: string;
  labels: Record<string, string>;
  options: Record<string, string>;
  subnet: string;
  gateway: string;
  body: Foreign;
}

export interface VolumeRecord {
  name: string;
  createdAt: string;
  labels: Record<string, string>;
  options: Record<string, string> | null;
  anonymous: boolean;
}

export interface ImageRecord {
  id: string;
  tags: string[];
  createdAt: string;
  size: number;
  config: Foreign;
}

export const ZERO_TIME = '0001-01-01T00:00:00Z';
