// Keys of the page that is shown. They are single letters, so they rest while somebody types or a dialog is open.

import { useEffect } from "preact/hooks";
import { signal } from "@preact/signals";

export interface Shortcut {
  key: string;
  does: string; // as the help overlay says it
  run: () => void;
}

export const shortcuts = signal<Shortcut[]>([]);
export const help = signal(false);

// useKeys has keys as long as the component is there.
export function useKeys(own: Shortcut[]) {
  useEffect(() => {
    shortcuts.value = own;
  });
  useEffect(() => () => void (shortcuts.value = []), []);
}

const typing = (e: Element) => e.matches("input, textarea, select, [contenteditable]");

addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || typing(e.target as Element) || document.querySelector("dialog[open]")) return;
  if (e.key === "?") {
    e.preventDefault();
    help.value = true;
    return;
  }
  const pressed = e.target as Element;
  const found = shortcuts.value.find((s) => s.key === e.key);
  if (!found || (e.key === "Enter" && pressed.matches("a, button, summary"))) return;
  e.preventDefault();
  found.run();
});
