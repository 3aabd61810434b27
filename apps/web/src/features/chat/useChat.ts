import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useReducer, useRef } from 'react';
import { chat } from '../../api/chat.js';
import { asProblem } from '../../api/errors.js';
import { usageQuery } from '../../api/instances.js';
import { readDraft, writeDraft } from '../../ui/drafts.js';
import { useProblemText } from '../../ui/useProblemText.js';
import { EMPTY, reduceTranscript, restTranscript, type ChatMessage } from './transcript.js';

interface Chat {
  readonly messages: readonly ChatMessage[];
  readonly busy: boolean;
  send(text: string, id?: string): void;
  stop(): void;
  clear(): void;
}

/** The conversation of this tab with one assistant: streamed, stoppable, kept over a reload. */
export function useChat(instanceId: string): Chat {
  const key = `chat.${instanceId}`;
  const queries = useQueryClient();
  const problemText = useProblemText();
  const [state, dispatch] = useReducer(reduceTranscript, EMPTY, () => restTranscript(readDraft(key, EMPTY)));
  const running = useRef<{ id: string; abort: AbortController } | null>(null);
  useEffect(() => writeDraft(key, state.messages.length === 0 ? null : state), [key, state]);
  useEffect(() => () => running.current?.abort.abort(), []);

  const answer = async (id: string, text: string, abort: AbortController) => {
    // Pieces are gathered and shown once a frame, however fast they come.
    let waiting = '';
    let frame = 0;
    const flush = () => {
      frame = 0;
      if (waiting !== '') dispatch({ type: 'delta', id, text: waiting });
      waiting = '';
    };
    try {
      for await (const event of chat(instanceId, { message: text, conversationId: state.conversationId, messageId: id }, abort.signal)) {
        if (event.kind === 'delta') {
          waiting += event.text;
          frame ||= requestAnimationFrame(flush);
        } else {
          cancelAnimationFrame(frame);
          flush();
          dispatch({ type: 'done', id, conversationId: event.conversationId });
        }
      }
    } catch (error) {
      cancelAnimationFrame(frame);
      flush();
      if (abort.signal.aborted) dispatch({ type: 'stop', id });
      else dispatch({ type: 'fail', id, reason: problemText(asProblem(error)) });
    } finally {
      if (running.current?.id === id) running.current = null;
      void queries.invalidateQueries({ queryKey: usageQuery().queryKey });
    }
  };

  return {
    messages: state.messages,
    busy: state.messages.some((message) => message.state === 'sending' || message.state === 'answering'),
    send: (text, id = crypto.randomUUID()) => {
      if (running.current !== null) return;
      const abort = new AbortController();
      running.current = { id, abort };
      dispatch({ type: 'send', id, text });
      void answer(id, text, abort);
    },
    stop: () => running.current?.abort.abort(),
    clear: () => {
      running.current?.abort.abort();
      dispatch({ type: 'clear' });
    },
  };
}
