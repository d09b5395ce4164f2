// Copy shows text that is meant to be pasted elsewhere, with a button that copies it.

import { useState } from "preact/hooks";

export function Copy({ text, label }: { text: string; label: string }) {
  const [done, set] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      set(true);
    } catch {
      set(false); // the text can still be selected
    }
  };
  return (
    <div class="copy">
      <pre tabIndex={0} aria-label={label}>{text}</pre>
      <button type="button" onClick={() => void copy()} >{done ? "✓ Copied" : "Copy"}<span class="unseen">: {label}</span></button>
    </div>
  );
}
