// Series draws numbers over time. Its library is loaded when the first such chart is shown; until then, and without it, the
// table behind it says the same.

import { useEffect, useRef } from "preact/hooks";
import { isoDay, number } from "../format";
import { Behind } from "./charts";

export interface Moment {
  at: number; // ms
  value: number | null;
}

// everyDay gives a point to each day of a span that ends today: of days without data there are no rows, and they count 0.
export function everyDay<Row extends { date: string }>(rows: Row[], days: number, value: (row: Row) => number): Moment[] {
  const of = new Map(rows.map((r) => [r.date, value(r)]));
  const today = new Date();
  return Array.from({ length: days }, (_, i) => {
    const d = new Date(today.getFullYear(), today.getMonth(), today.getDate() - (days - 1 - i), 12);
    return { at: d.getTime(), value: of.get(isoDay(d)) ?? 0 };
  });
}

const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export function Series({ caption, of, unit, points, format = number, name, tick = name }: {
  caption: string; of: string; unit: string; points: Moment[]; format?: (n: number) => string; name: (at: number) => string; tick?: (at: number) => string;
}) {
  const at = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const box = at.current!;
    let chart: { destroy(): void } | null = null;
    let gone = false;
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const draw = async () => {
      const { default: Plot } = await import("uplot");
      if (gone || points.length < 2) return;
      chart?.destroy();
      const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") }, font: "12px system-ui" };
      chart = new Plot({
        width: box.clientWidth, height: 200, legend: { show: false }, cursor: { show: false },
        scales: { x: { time: true }, y: { range: (_u, _low, high) => [0, Math.max(1, high * 1.1)] } },
        axes: [{ ...axis, values: (_u, ts) => ts.map((t) => tick(t * 1000)), space: 70 }, { ...axis, values: (_u, vs) => vs.map(format), size: 56 }],
        series: [{}, { stroke: colour("--ink"), width: 2, points: { show: points.length < 40, size: 6, fill: colour("--ink") } }],
      }, [points.map((p) => p.at / 1000), points.map((p) => p.value)], box);
    };
    const redraw = () => void draw();
    redraw();
    dark.addEventListener("change", redraw);
    addEventListener("resize", redraw);
    return () => {
      gone = true;
      chart?.destroy();
      dark.removeEventListener("change", redraw);
      removeEventListener("resize", redraw);
    };
  }, [points]);
  return (
    <Behind caption={caption} of={of} unit={unit} format={format} points={points.flatMap((p) => (p.value === null ? [] : [{ label: name(p.at), value: p.value }]))}>
      <div class="series" ref={at} aria-hidden="true" />
    </Behind>
  );
}
