// The stream of what happens on the sites: sessions, leads, hot visitors. The browser resumes it by itself with
// Last-Event-ID; where there is none to be had, pages poll, and it is tried again later.

import { signal } from "@preact/signals";
import { back } from "./api";

export type Kind = "session" | "lead" | "hot";

export interface Message {
  kind: Kind;
  data: Record<string, unknown>;
}

// streaming says whether what happens is pushed. Otherwise pages ask, every pollEvery ms.
export const streaming = signal(false);
export const pollEvery = 5000;

type Listener = (m: Message) => void;

const listeners = new Set<Listener>();
const resets = new Set<() => void>();
let source: EventSource | null = null;
let retry = 0;

function connect() {
  retry = 0;
  if (source || !listeners.size) return;
  const s = (source = new EventSource("/v1/live?types=session,lead,hot"));
  s.onopen = () => (streaming.value = true);
  s.onerror = () => {
    streaming.value = false;
    if (s.readyState !== EventSource.CLOSED) return; // the browser tries again
    if (source === s) source = null;
    retry ||= setTimeout(connect, 30_000);
  };
  for (const kind of ["session", "lead", "hot"] as const) {
    s.addEventListener(kind, (e) => {
      let data: Record<string, unknown>;
      try {
        data = JSON.parse(e.data);
      } catch {
        return; // not one that we know
      }
      for (const f of listeners) f({ kind, data });
    });
  }
  s.addEventListener("reset", () => resets.forEach((f) => f())); // something may be missing
}

back.subscribe(() => {
  clearTimeout(retry);
  connect();
});

// follow calls back with what happens until the function that it returns is called. reset asks to load everything again.
export function follow(f: Listener, reset: () => void): () => void {
  listeners.add(f);
  resets.add(reset);
  connect();
  return () => {
    listeners.delete(f);
    resets.delete(reset);
    if (listeners.size) return;
    setTimeout(() => {
      if (listeners.size) return; // the next page follows
      source?.close();
      source = null;
      streaming.value = false;
    });
  };
}
