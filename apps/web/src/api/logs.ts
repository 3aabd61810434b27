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

type Fields = Readonly<Record<string, unknown>>;

function objectOf(text: string): Fields | null {
  if (!text.startsWith('{')) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Fields) : null;
  } catch {
    return null;
  }
}

const firstText = (fields: Fields, ...names: string[]): string | null => {
  for (const name of names) if (typeof fields[name] === 'string') return fields[name];
  return null;
};

/** A structured line of the assistant as a person reads it: what happened, then `name=value`. Its own time serves where Docker gave none. */
function readable(text: string): { at: string | null; text: string } {
  const fields = objectOf(text);
  const what = fields === null ? null : firstText(fields, 'event', 'msg', 'message');
  if (fields === null || what === null) return { at: null, text };
  const own = firstText(fields, 'at', 'time', 'timestamp');
  const rest = Object.entries(fields).filter(([name, value]) => !['event', 'msg', 'message', 'at', 'time', 'timestamp'].includes(name) && value !== null);
  const said = rest.map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return { at: own !== null && Number.isFinite(Date.parse(own)) ? own : null, text: [what, ...said].join(' ') };
}

/** One line as the API streams it; anything else is shown as it is. */
export function parseLogLine(data: string): { at: string | null; text: string } {
  const line = objectOf(data);
  if (line === null || typeof line['text'] !== 'string') return { at: null, text: data };
  const { at, text } = readable(line['text']);
  return { at: typeof line['at'] === 'string' ? line['at'] : at, text };
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
          if (frame.event === 'end') return false;
          if (frame.event === 'error') return true;
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
