import type { ChatMessage } from './session-store.js';

export interface ChatRequest {
  messages: ChatMessage[];
  stream: boolean;
  includeUsage: boolean;
  /** The sticky conversation, absent for a stateless turn. */
  sessionKey: string | undefined;
}

/** A request body that the gateway answers with 400. */
export class BadRequest extends Error {}

const ROLES: Record<string, ChatMessage['role']> = { system: 'system', developer: 'system', user: 'user', assistant: 'assistant' };

function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) throw new BadRequest('messages[].content must be a string or an array of parts');
  return content
    .map((part: unknown) => (typeof part === 'object' && part !== null && 'text' in part && typeof part.text === 'string' ? part.text : ''))
    .join('');
}

/** Reads an OpenAI chat-completions body. `model` names an agent (`openclaw`, `openclaw/<agentId>`), not a model. @throws BadRequest */
export function parseChatRequest(body: string, sessionHeader: string | undefined, agentIds: readonly string[]): ChatRequest {
  let parsed: Record<string, unknown>;
  try {
    parsed = JSON.parse(body) as Record<string, unknown>;
  } catch {
    throw new BadRequest('Invalid JSON body');
  }
  if (typeof parsed !== 'object' || parsed === null) throw new BadRequest('Invalid JSON body');
  const model = parsed.model ?? 'openclaw';
  const agentId = model === 'openclaw' ? 'default' : typeof model === 'string' && model.startsWith('openclaw/') ? model.slice('openclaw/'.length) : undefined;
  if (agentId === undefined || !agentIds.includes(agentId)) throw new BadRequest('Invalid `model`. Use `openclaw` or `openclaw/<agentId>`.');
  if (!Array.isArray(parsed.messages)) throw new BadRequest('messages must be an array');
  const messages = parsed.messages.map((message: unknown): ChatMessage => {
    const { role, content } = (message ?? {}) as { role?: unknown; content?: unknown };
    const known = typeof role === 'string' ? ROLES[role] : undefined;
    if (known === undefined) throw new BadRequest('messages[].role must be system, developer, user or assistant');
    return { role: known, content: contentText(content) };
  });
  if (!messages.some((message) => message.role === 'user')) throw new BadRequest('Missing user message in `messages`.');
  const options = parsed.stream_options as { include_usage?: unknown } | undefined;
  return {
    messages,
    stream: parsed.stream === true,
    includeUsage: options?.include_usage === true,
    sessionKey: sessionHeader ?? (typeof parsed.user === 'string' && parsed.user !== '' ? parsed.user : undefined),
  };
}
