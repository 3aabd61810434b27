import { useEffect, useRef, useState } from 'react';
import { readFrames } from './sse.js';

export interface LogLine {
  readonly seq: number;
  readonly at: string | null;
  readonly text: string;
}
export type LogState = 'connecting' | 'silent' | 'lines' | 'cut' | 'ended';

/** How many lines are kept on the page; older ones go. */
const KEPT = 5_000;
const RETRY_MS = 3_000;
/** Lines that arrive within this time are shown together. */
const BATCH_MS = 100;

/** One line as the API streams it; anything else is shown as it is. */
export function parseLogLine(data: string): { at: string | null; text: string } {
  try {
    const { at, text } = JSON.parse(data) as { at?: string | null; text?: string };
    if (typeof text === 'string') return { at: at ?? null, text };
  } catch {
    // Not JSON: shown as text.
  }
  return { at: null, text: data };
}

/** Follows the log of an instance while it is watched; reconnects by itself until the server says that it has ended. */
export function useLogs(instanceId: string, running: boolean): { lines: readonly LogLine[]; state: LogState } {
  const [lines, setLines] = useState<readonly LogLine[]>([]);
  const [state, setState] = useState<LogState>('connecting');
  const seq = useRef(0);
  useEffect(() => {
    const abort = new AbortController();
    let waiting: LogLine[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    let retry: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      timer = undefined;
      const batch = waiting;
      waiting = [];
      setLines((old) => [...old, ...batch].slice(-KEPT));
      setState('lines');
    };
    const follow = async () => {
      try {
        const response = await fetch(`/api/v1/instances/${encodeURIComponent(instanceId)}/logs?follow=true&tail=500`, { credentials: 'same-origin', headers: { accept: 'text/event-stream' }, signal: abort.signal });
        if (!response.ok || response.body === null) return response.status >= 500;
        // The server sends the tail anew with each connection: what stood there before is replaced by it.
        setLines([]);
        setState('silent');
        for await (const frame of readFrames(response.body)) {
          if (frame.event !== 'line') continue;
          waiting.push({ seq: ++seq.current, ...parseLogLine(frame.data) });
          timer ??= setTimeout(flush, BATCH_MS);
        }
        return running;
      } catch {
        return true;
      }
    };
    const run = async () => {
      const again = await follow();
      if (abort.signal.aborted) return;
      setState(again ? 'cut' : 'ended');
      if (again) retry = setTimeout(() => void run(), RETRY_MS);
    };
    setState('connecting');
    void run();
    return () => {
      abort.abort();
      clearTimeout(timer);
      clearTimeout(retry);
    };
  }, [instanceId, running]);
  return { lines, state };
}
