// Dialog is the browser's own: it keeps the focus, and Escape closes it.

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

export function Dialog({ title, close, children }: { title: string; close: () => void; children: ComponentChildren }) {
  const at = useRef<HTMLDialogElement>(null);
  const name = useId();
  useEffect(() => {
    const dialog = at.current!;
    dialog.showModal();
    return () => dialog.close(); // gives the focus back, unless Escape did and it has gone on since
  }, []);
  return (
    <dialog ref={at} aria-labelledby={name} onClose={close} onClick={(e) => e.target === at.current && close()}>
      <div class="inside">
        <header>
          <h2 id={name}>{title}</h2>
          <button type="button" class="quiet" aria-label="Close" onClick={close}>✕</button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
