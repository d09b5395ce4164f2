// What pages have in common: asking the server, and knowing the time.

import { useEffect, useRef, useState } from "preact/hooks";
import { signal } from "@preact/signals";
import { back, get } from "./api";

export interface Asked<T> {
  data: T | undefined;
  error: unknown;
  again: () => void;
  set: (data: T) => void;
}

// useGet asks for a path, again when it or the version that is wanted changes, and when a lost connection is back. What was
// there stays meanwhile. "" asks for nothing.
export function useGet<T>(path: string, version: string | number = ""): Asked<T> {
  const [state, setState] = useState<{ path: string; data?: T; error?: unknown }>({ path });
  const [times, setTimes] = useState(0);
  const came = back.value;
  useEffect(() => {
    if (!path) return;
    const stop = new AbortController();
    get<T>(path, stop.signal).then(
      (data) => setState({ path, data }),
      (error) => stop.signal.aborted || setState((old) => ({ path, data: old.path === path ? old.data : undefined, error })),
    );
    return () => stop.abort();
  }, [path, version, times, came]);
  const mine = state.path === path;
  return {
    data: mine ? state.data : undefined,
    error: mine ? state.error : undefined,
    again: () => setTimes((n) => n + 1),
    set: (data) => setState({ path, data }),
  };
}

// useInView keeps the current one of a row of links in view, also when a telephone is turned. It waits a moment: to find out
// where something stands costs a layout.
export function useInView(current: string) {
  const at = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    const show = () => { // the row alone: a telephone's bar that hides is a resize too, and the page must stay where it is
      const link = at.current, row = link?.parentElement;
      if (!link || !row) return;
      const a = link.getBoundingClientRect(), b = row.getBoundingClientRect();
      row.scrollLeft += a.left + a.width / 2 - b.left - b.width / 2;
    };
    const timer = setTimeout(show, 500);
    addEventListener("resize", show);
    return () => {
      clearTimeout(timer);
      removeEventListener("resize", show);
    };
  }, [current]);
  return at;
}

// now is the time in ms, as of the last half minute: what is shown of it ("3 minutes ago") moves by itself.
export const now = signal(Date.now());
setInterval(() => (now.value = Date.now()), 30_000);

// useEvery calls f every so many ms while the page is seen; 0: not at all.
export function useEvery(ms: number, f: () => void) {
  const latest = useRef(f);
  latest.current = f;
  useEffect(() => {
    if (!ms) return;
    const timer = setInterval(() => document.hidden || latest.current(), ms);
    return () => clearInterval(timer);
  }, [ms]);
}
