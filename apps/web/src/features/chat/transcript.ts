/** A message of the conversation. `sending` → `sent`; an answer is `answering` → `sent`, or `failed`, or `stopped` by the person. */
export interface ChatMessage {
  readonly id: string;
  readonly from: 'me' | 'assistant';
  readonly text: string;
  readonly state: 'sending' | 'answering' | 'sent' | 'stopped' | 'failed';
  readonly reason?: string;
}

export interface Transcript {
  readonly conversationId: string | null;
  readonly messages: readonly ChatMessage[];
}

export const EMPTY: Transcript = { conversationId: null, messages: [] };

export type TranscriptAction =
  | { readonly type: 'send'; readonly id: string; readonly text: string }
  | { readonly type: 'delta'; readonly id: string; readonly text: string }
  | { readonly type: 'done'; readonly id: string; readonly conversationId: string | null }
  | { readonly type: 'stop'; readonly id: string }
  | { readonly type: 'fail'; readonly id: string; readonly reason: string }
  | { readonly type: 'clear' };

const answerId = (id: string) => `${id}/answer`;

/** The conversation after one thing has happened. A message that failed before any answer came can be sent again under the same id. */
export function reduceTranscript(state: Transcript, action: TranscriptAction): Transcript {
  switch (action.type) {
    case 'clear':
      return EMPTY;
    case 'send': {
      const rest = state.messages.filter(({ id }) => id !== action.id && id !== answerId(action.id));
      return { ...state, messages: [...rest, { id: action.id, from: 'me', text: action.text, state: 'sending' }] };
    }
    case 'delta': {
      const id = answerId(action.id);
      const sent = state.messages.map((message) => (message.id === action.id ? { ...message, state: 'sent' as const } : message));
      const answer = sent.find((message) => message.id === id);
      if (answer === undefined) return { ...state, messages: [...sent, { id, from: 'assistant', text: action.text, state: 'answering' }] };
      return { ...state, messages: sent.map((message) => (message.id === id ? { ...message, text: message.text + action.text } : message)) };
    }
    case 'done':
      return { conversationId: action.conversationId ?? state.conversationId, messages: settle(state.messages, action.id, 'sent') };
    case 'stop':
      return { ...state, messages: settle(state.messages, action.id, 'stopped') };
    case 'fail': {
      const answered = state.messages.some(({ id }) => id === answerId(action.id));
      const failing = answered ? answerId(action.id) : action.id;
      return { ...state, messages: state.messages.map((message) => (message.id === failing ? { ...message, state: 'failed', reason: action.reason } : message)) };
    }
  }
}

function settle(messages: readonly ChatMessage[], id: string, state: 'sent' | 'stopped'): readonly ChatMessage[] {
  return messages.map((message) => {
    if (message.id === id) return { ...message, state: 'sent' as const };
    return message.id === answerId(id) ? { ...message, state } : message;
  });
}

/** What a reload of the tab finds: nothing is being sent or answered any more. */
export function restTranscript(state: Transcript): Transcript {
  const rest = state.messages.map((message) => (message.state === 'sending' || message.state === 'answering' ? { ...message, state: 'stopped' as const } : message));
  return { ...state, messages: rest };
}
