import type { AgentConfig, ProviderTarget } from './agent-config.js';
import type { AgentLog } from './agent-log.js';
import type { ChatRequest } from './chat-request.js';
import { askProvider, TurnError, type RetryPlan, type TurnResult } from './provider-client.js';
import type { ProviderLockouts } from './provider-lockouts.js';
import type { ChatMessage, SessionStore } from './session-store.js';
import type { TurnQueue } from './turn-queue.js';

const SYSTEM_PROMPT = 'You are a personal assistant running inside OpenClaw.';

export interface TurnRunner {
  run(input: { config: AgentConfig; request: ChatRequest; modelHeader: string | undefined; signal: AbortSignal; onText: (piece: string) => void }): Promise<TurnResult>;
}

/** Runs one turn: the conversation so far, the model's answer, and only then both kept in the conversation. */
export function createTurnRunner(deps: { sessions: SessionStore; lockouts: ProviderLockouts; queue: TurnQueue; plan: RetryPlan; log: AgentLog }): TurnRunner {
  const { sessions, lockouts, queue, plan, log } = deps;
  return {
    run({ config, request, modelHeader, signal, onText }) {
      return queue.run(request.sessionKey, async () => {
        const target = chooseTarget(config, modelHeader);
        if (lockouts.isLocked(target.providerId)) throw new TurnError(500, 'internal error');
        const startedAt = Date.now();
        const { context, asked } = conversation(request, sessions);
        try {
          const result = await askProvider({ target, messages: [{ role: 'system', content: SYSTEM_PROMPT }, ...context], plan, signal, onText });
          if (request.sessionKey !== undefined) sessions.append(request.sessionKey, [...asked, { role: 'assistant', content: result.text }]);
          log('turn_done', { ms: Date.now() - startedAt, provider: target.providerId, sticky: request.sessionKey !== undefined, ...result.usage });
          return result;
        } catch (error) {
          const status = error instanceof TurnError ? error.status : 500;
          if (error instanceof TurnError && error.outOfCredit) lockouts.lock(target.providerId);
          log('turn_failed', { ms: Date.now() - startedAt, provider: target.providerId, status });
          throw error;
        }
      });
    },
  };
}

function chooseTarget(config: AgentConfig, modelHeader: string | undefined): ProviderTarget {
  const target = modelHeader === undefined ? config.provider : config.targets.get(modelHeader);
  if (!target) throw new TurnError(modelHeader === undefined ? 500 : 400, modelHeader === undefined ? 'No model is configured.' : 'Unknown model in x-openclaw-model.');
  return target;
}

/** A sticky turn adds the last user message to what is remembered; a stateless one is what the caller sent. */
function conversation(request: ChatRequest, sessions: SessionStore): { context: ChatMessage[]; asked: ChatMessage[] } {
  if (request.sessionKey === undefined) return { context: request.messages, asked: [] };
  const asked = request.messages.filter((message) => message.role === 'user').slice(-1);
  const system = request.messages.filter((message) => message.role === 'system');
  return { context: [...system, ...sessions.history(request.sessionKey), ...asked], asked };
}
