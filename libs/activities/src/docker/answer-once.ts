import { ApplicationFailure } from '@temporalio/common';
import type { DataSource } from 'typeorm';
import { bracketed, type AgentAddress } from './await-healthy.js';

/** Longer than the agent's own eight tries at a model that does not answer (about 70 s). */
const ANSWER_TIMEOUT_MS = 100_000;
const PROMPT = 'Reply with the single word: ready';

/**
 * One real answer through the whole path: agent, gateway, model. The request names no user, so the agent keeps nothing of it. 429 counts as an answer:
 * the path works, and a limit of the plan or the provider is not a fault of the provisioning.
 */
export async function answerOnce(agent: AgentAddress, agentToken: string, signal: AbortSignal): Promise<void> {
  const response = await ask(agent, agentToken, signal);
  const said = await response.text().catch(() => '');
  if (response.status === 429) return;
  if (response.ok && answerOf(said) !== '') return;
  throw ApplicationFailure.create({ message: `The assistant did not answer (${String(response.status)}${reasonOf(said)}).`, type: 'NO_ANSWER' });
}

async function ask({ address, port }: AgentAddress, agentToken: string, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(`http://${bracketed(address)}:${String(port)}/v1/chat/completions`, {
      method: 'POST', redirect: 'error',
      headers: { authorization: `Bearer ${agentToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'openclaw', messages: [{ role: 'user', content: PROMPT }], stream: false }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]),
    });
  } catch (error) {
    signal.throwIfAborted();
    // The cause may quote headers: only its name is told.
    throw ApplicationFailure.create({ message: `The assistant did not answer (${error instanceof Error ? error.name : 'no connection'}).`, type: 'NO_ANSWER' });
  }
}

function answerOf(body: string): string {
  try {
    const content = (JSON.parse(body) as { choices?: { message?: { content?: unknown } }[] }).choices?.[0]?.message?.content;
    return typeof content === 'string' ? content.trim() : '';
  } catch {
    return '';
  }
}

function reasonOf(body: string): string {
  try {
    const message = (JSON.parse(body) as { error?: { message?: unknown } }).error?.message;
    return typeof message === 'string' ? `: ${message.slice(0, 200)}` : '';
  } catch {
    return '';
  }
}

/**
 * Runs a call of ours through the gateway without leaving it on the customer's account. While it runs no route leads to the instance, so every
 * message that the gateway counts meanwhile is ours: the count of the day goes back to what it was. Tokens stay: they were really used.
 */
export async function withoutCounting<T>(dataSource: DataSource, instanceId: string, call: () => Promise<T>): Promise<T> {
  const day = new Date().toISOString().slice(0, 10);
  const before: { messages: number }[] = await dataSource.query('SELECT messages FROM usage_daily WHERE instance_id = $1 AND day = $2', [instanceId, day]);
  try {
    return await call();
  } finally {
    await dataSource.query(
      `UPDATE usage_daily SET messages = $3 WHERE instance_id = $1 AND day = $2 AND messages > $3 AND NOT EXISTS (SELECT 1 FROM route WHERE instance_id = $1)`,
      [instanceId, day, before[0]?.messages ?? 0],
    );
  }
}
