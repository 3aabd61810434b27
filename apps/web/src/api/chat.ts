import { apiFetch } from './http.js';
import { NETWORK, ProblemError, problemFrom } from './errors.js';
import { readFrames } from './sse.js';

export type ChatEvent =
  | { readonly kind: 'delta'; readonly text: string }
  | { readonly kind: 'done'; readonly conversationId: string | null };

interface ChatFrame {
  readonly text?: string;
  readonly conversationId?: string;
  readonly code?: string;
  readonly detail?: string;
}

/**
 * Sends one message and yields the answer as it is written.
 * @throws ProblemError where the message was refused or the answer broke off
 */
export async function* chat(instanceId: string, input: { message: string; conversationId: string | null; messageId: string }, signal: AbortSignal): AsyncGenerator<ChatEvent> {
  const response = await apiFetch(`/api/v1/instances/${encodeURIComponent(instanceId)}/chat`, {
    method: 'POST',
    credentials: 'same-origin',
    // The key is the same for every try of this message: a second try is the same message, not another one.
    headers: { accept: 'text/event-stream', 'content-type': 'application/json', 'idempotency-key': input.messageId },
    body: JSON.stringify({ message: input.message, ...(input.conversationId === null ? {} : { conversationId: input.conversationId }) }),
    signal,
  });
  if (response.body === null) throw new ProblemError(0, NETWORK, '');
  for await (const frame of readFrames(response.body)) {
    if (frame.event === 'comment') continue;
    const data = JSON.parse(frame.data) as ChatFrame;
    if (frame.event === 'error') throw problemFrom(502, data);
    if (frame.event === 'done') {
      yield { kind: 'done', conversationId: data.conversationId ?? null };
      return;
    }
    if (typeof data.text === 'string' && data.text !== '') yield { kind: 'delta', text: data.text };
  }
  throw new ProblemError(0, NETWORK, '');
}
