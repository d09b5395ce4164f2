// Toasts say what was just done, and take it back. One is shown at a time, for ten seconds or as long as it is looked at.

import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { Failure } from "../api";

interface Toast {
  text: string;
  undo?: () => void;
  wrong?: boolean;
}

const shown = signal<Toast | null>(null);

export const toast = (text: string, undo?: () => void) => void (shown.value = { text, undo });

// complain says that something was not done, and why.
export function complain(what: string, e: unknown) {
  const why = e instanceof Failure ? e.message : String(e);
  shown.value = { text: `${what} ${why}`, wrong: true };
}

// undo takes back what the toast speaks of. It is also a key.
export function undo() {
  const t = shown.value;
  if (!t?.undo) return;
  shown.value = null;
  t.undo();
}

export function Toasts() {
  const t = shown.value;
  const [held, hold] = useState(false);
  useEffect(() => {
    if (!t || held) return;
    const timer = setTimeout(() => (shown.value = null), t.wrong ? 20_000 : 10_000);
    return () => clearTimeout(timer);
  }, [t, held]);
  return (
    <div class="toasts" role="status" onMouseEnter={() => hold(true)} onMouseLeave={() => hold(false)} onFocusIn={() => hold(true)} onFocusOut={() => hold(false)}>
      {t && (
        <div class={t.wrong ? "toast wrong" : "toast"}>
          <span>{t.text}</span>
          {t.undo && <button type="button" onClick={undo}>Undo</button>}
          <button type="button" class="quiet" aria-label="Dismiss" onClick={() => (shown.value = null)}>✕</button>
        </div>
      )}
    </div>
  );
}
