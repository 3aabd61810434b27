import { setTimeout as wait } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import type { DockerHost } from './docker-host.js';
import type { PresentContainer } from './docker-types.js';

const POLL_MS = 150;
const PROBE_TIMEOUT_MS = 3_000;
/** The engine starts it again after each exit; so many exits in a row are no hiccup. */
const EXITS_TOLERATED = 3;
/** OpenClaw's exit code for a configuration or state that no restart can heal. */
const EXIT_CONFIGURATION = 78;
const EXIT_KILLED = 137;

export interface AgentAddress { readonly address: string; readonly port: number }

/**
 * Returns when the agent's own `/readyz` says yes. A container that ended, or that keeps ending, is a failure for good with its cause in words;
 * so is one that is surely gone. A Docker host that does not answer is unknown: the agent goes on being asked. The caller's signal ends the wait.
 */
export async function awaitHealthy(host: DockerHost, container: string, agent: AgentAddress, signal: AbortSignal): Promise<void> {
  let exitsBefore: number | null = null;
  for (;;) {
    signal.throwIfAborted();
    if (await isReady(agent, signal)) return;
    const state = await host.containerState(container, signal);
    if (state.kind === 'absent') throw ApplicationFailure.nonRetryable('The container is gone.', 'CONTAINER_GONE');
    if (state.kind === 'present') {
      exitsBefore ??= state.restartCount;
      const cause = causeOfEnd(state, state.restartCount - exitsBefore);
      if (cause !== null) throw ApplicationFailure.nonRetryable(cause, 'CONTAINER_EXITED', { exitCode: state.exitCode, oomKilled: state.oomKilled, restartCount: state.restartCount });
    }
    await wait(POLL_MS, undefined, { signal });
  }
}

/** Why a container has ended for good, in plain words; null = it runs, or may yet. */
export function causeOfEnd(state: Pick<PresentContainer, 'status' | 'exitCode' | 'oomKilled' | 'error'>, exitsSeen: number): string | null {
  const ended = state.status === 'exited' || state.status === 'dead';
  const inALoop = state.status === 'restarting' && (state.exitCode === EXIT_CONFIGURATION || exitsSeen >= EXITS_TOLERATED);
  if (!ended && !inALoop && exitsSeen < EXITS_TOLERATED) return null;
  if (state.oomKilled || state.exitCode === EXIT_KILLED) return 'The assistant ran out of memory and was ended.';
  if (state.exitCode === EXIT_CONFIGURATION) return 'The assistant refused its configuration (exit code 78).';
  if (state.error !== '') return `The container could not be started: ${state.error.slice(0, 300)}`;
  return `The assistant ended with exit code ${String(state.exitCode)}.`;
}

/** Only JSON counts: OpenClaw answers unknown paths with a page and 200. */
async function isReady({ address, port }: AgentAddress, signal: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(`http://${bracketed(address)}:${String(port)}/readyz`, { signal: AbortSignal.any([signal, AbortSignal.timeout(PROBE_TIMEOUT_MS)]), redirect: 'error' });
    const body = await response.json() as { ready?: unknown; ok?: unknown } | null;
    return response.ok && body !== null && typeof body === 'object' && (body.ready === true || body.ok === true);
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

/** IPv6 in an address of the web stands in brackets. */
export const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address);
