// Rows is a list of which only the rows near the screen are in the page, so that thousands cost no more than dozens. All
// rows are of one height, that of the first.

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

const around = 8; // rows above and below the screen

interface Props<T> {
  items: T[];
  label: string;
  row: (item: T, at: number) => ComponentChildren;
  near?: () => void; // the end comes near
  reach?: { current: ((at: number) => void) | null }; // scrolls to a row
}

export function Rows<T>({ items, label, row, near, reach }: Props<T>) {
  const at = useRef<HTMLOListElement>(null);
  const [range, setRange] = useState({ from: 0, to: 24 });
  const height = useRef(64);

  const look = () => {
    const list = at.current;
    if (!list) return;
    height.current = (list.firstElementChild as HTMLElement | null)?.offsetHeight || height.current;
    const top = list.getBoundingClientRect().top;
    const from = Math.max(0, Math.floor(-top / height.current) - around);
    const to = Math.min(items.length, Math.ceil((innerHeight - top) / height.current) + around);
    setRange((old) => (old.from === from && old.to === to ? old : { from, to: Math.max(to, from) }));
    if (near && to > items.length - 3 * around) near();
  };

  useEffect(() => {
    let frame = 0;
    const soon = () => (frame ||= requestAnimationFrame(() => { frame = 0; look(); }));
    look();
    addEventListener("scroll", soon, { passive: true });
    addEventListener("resize", soon);
    const grown = new ResizeObserver(soon); // what stands above may move the list
    grown.observe(document.body);
    return () => {
      cancelAnimationFrame(frame);
      removeEventListener("scroll", soon);
      removeEventListener("resize", soon);
      grown.disconnect();
    };
  }, [items, near]);

  if (reach) {
    reach.current = (i) => {
      const top = at.current!.getBoundingClientRect().top + scrollY;
      scrollTo({ top: top + i * height.current - innerHeight / 2 });
      look();
    };
  }
  const from = Math.min(range.from, items.length);
  const to = Math.min(range.to, items.length);
  return (
    <ol class="rows" aria-label={label} ref={(el) => {
      at.current = el;
      if (!el) return;
      el.style.paddingTop = `${from * height.current}px`;
      el.style.paddingBottom = `${(items.length - to) * height.current}px`;
    }}>
      {items.slice(from, to).map((item, i) => row(item, from + i))}
    </ol>
  );
}
