import type { InstanceSize, Plan } from '../plan/plan.types.js';
import { OPENCLAW_PORT } from './openclaw-config.js';

/** What runs in the container: OpenClaw itself, or the sandbox's light agent with the same face. */
export type AgentKind = 'openclaw' | 'light';

const LIGHT_REPOSITORY = 'clawkeep/openclaw-light';

/** Which agent an image holds, by its repository, whatever registry it came from. */
export function agentOfImage(image: string): AgentKind {
  const repository = image.replace(/@.*$/, '').replace(/:[^/]*$/, '');
  return repository === LIGHT_REPOSITORY || repository.endsWith(`/${LIGHT_REPOSITORY}`) ? 'light' : 'openclaw';
}

export interface ContainerLimits extends InstanceSize {
  /** /tmp in memory; counts against the memory limit. */
  readonly tmpfsMiB: number;
}

/** The limits of an instance's container: by the plan's `size`, or by its `sandboxSize` for the light agent. */
export function containerLimits(plan: Pick<Plan, 'size' | 'sandboxSize'>, agent: AgentKind): ContainerLimits {
  return agent === 'light' ? { ...plan.sandboxSize, tmpfsMiB: 16 } : { ...plan.size, tmpfsMiB: 128 };
}

/** V8's heap beside what OpenClaw's native parts and worker threads need: measured best at 512 MiB of 2 GiB. */
const heapMiB = (memoryMiB: number): number => Math.min(512, Math.floor(memoryMiB / 2));

/**
 * The environment of an instance's container. Never a secret: whoever may inspect the container, and the agent itself, reads it.
 * Configuration outside the state folder needs `OPENCLAW_STATE_DIR` set too; a read-only root needs `XDG_CACHE_HOME` on the volume (else exit 78).
 */
export function buildContainerEnvironment(limits: ContainerLimits): Readonly<Record<string, string>> {
  return {
    NODE_ENV: 'production',
    HOME: '/home/node',
    OPENCLAW_STATE_DIR: '/home/node/.openclaw',
    OPENCLAW_CONFIG_PATH: '/cfg/openclaw.json',
    OPENCLAW_CONFIG_READONLY: '1',
    OPENCLAW_GATEWAY_PORT: String(OPENCLAW_PORT),
    XDG_CACHE_HOME: '/home/node/.openclaw/cache',
    OPENCLAW_NO_AUTO_UPDATE: '1',
    OPENCLAW_NO_RESPAWN: '1',
    OPENCLAW_DISABLE_BONJOUR: '1',
    MALLOC_ARENA_MAX: '2',
    NODE_OPTIONS: `--max-old-space-size=${heapMiB(limits.memoryMiB)} --max-semi-space-size=8`,
  };
}
