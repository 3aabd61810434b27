import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useState, useSyncExternalStore } from 'react';
import { LiveLink, type LinkState } from './live.js';

/** While the stream is cut, what is on the screen is asked for this often. */
const POLL_MS = 15_000;
/** A cut shorter than this is not worth a word. */
const QUIET_MS = 5_000;

const LiveContext = createContext<LinkState>({ state: 'connecting', lastAtMs: 0 });
export const LiveProvider = LiveContext.Provider;

function pollWhileCut(queries: QueryClient, cut: boolean): (() => void) | undefined {
  if (!cut) return undefined;
  const timer = setInterval(() => void queries.invalidateQueries(), POLL_MS);
  return () => clearInterval(timer);
}

/** Opens the one event stream of this tab for as long as the signed-in pages are shown. */
export function useLiveLink(): LinkState {
  const queries = useQueryClient();
  const [link] = useState(() => new LiveLink(queries));
  useEffect(() => link.start(), [link]);
  const state = useSyncExternalStore(link.subscribe, link.snapshot);
  useEffect(() => pollWhileCut(queries, state.state === 'cut'), [queries, state.state]);
  return state;
}

/** The instant of the last news where the stream has been cut long enough to tell, else null. */
export function useStale(): number | null {
  const { state, lastAtMs } = useContext(LiveContext);
  const [told, setTold] = useState(false);
  useEffect(() => {
    setTold(false);
    if (state !== 'cut') return;
    const timer = setTimeout(() => setTold(true), QUIET_MS);
    return () => clearTimeout(timer);
  }, [state]);
  return told ? lastAtMs : null;
}
