// Charts are plain SVG. Each says itself in words, and the larger ones have the table of their numbers behind them.

import type { ComponentChildren } from "preact";
import { number, signed } from "../format";
import { Table } from "./table";

export interface Point {
  label: string;
  value: number;
}

// Behind is a chart with the table of what it shows.
export function Behind({ caption, of, unit, points, format = number, children }: {
  caption: string; of: string; unit: string; points: Point[]; format?: (n: number) => string; children: ComponentChildren;
}) {
  return (
    <figure class="chart">
      <figcaption>{caption}</figcaption>
      {children}
      <details>
        <summary>As a table</summary>
        <Table caption={caption} rows={points} columns={[
          { title: of, cell: (p) => p.label },
          { title: unit, number: true, cell: (p) => format(p.value) },
        ]} />
      </details>
    </figure>
  );
}

// Sparkline is a bar a day, the newest at the right. says is what it shows, in words.
export function Sparkline({ values, says }: { values: number[]; says: string }) {
  const most = Math.max(...values, 1);
  const width = 6, gap = 2, height = 28;
  return (
    <svg class="spark" role="img" aria-label={says} viewBox={`0 0 ${values.length * (width + gap) - gap} ${height}`}>
      {values.map((v, i) => {
        const h = v > 0 ? Math.max(3, (v / most) * height) : 1;
        return <rect class={v > 0 ? "bar" : "none"} x={i * (width + gap)} y={height - h} width={width} height={h} />;
      })}
    </svg>
  );
}

// Bars are horizontal: names are read, and there is room for them at any width.
export function Bars({ caption, of, unit, points, format = number }: {
  caption: string; of: string; unit: string; points: Point[]; format?: (n: number) => string;
}) {
  const most = Math.max(...points.map((p) => p.value), 0) || 1;
  return (
    <Behind caption={caption} of={of} unit={unit} points={points} format={format}>
      <div class="bars" aria-hidden="true">
        {points.map((p) => (
          <div class="row">
            <span class="name">{p.label}</span>
            <svg class="track" viewBox="0 0 100 8" preserveAspectRatio="none"><rect class="bar" width={(100 * p.value) / most} height={8} /></svg>
            <span class="number">{format(p.value)}</span>
          </div>
        ))}
      </div>
    </Behind>
  );
}

export interface Step {
  text: string;
  points: number; // what it adds
  note?: string;
}

// Waterfall shows how a score comes about: from where it starts, by what each reason adds, to what it is. The steps add up
// to it exactly; what reasons do not explain is a step of its own.
export function Waterfall({ start, startText, steps, end, endText }: {
  start: number; startText: string; steps: Step[]; end: number; endText: string;
}) {
  let at = start;
  const rows = [
    { text: startText, from: 0, to: start, kind: "whole", shown: number(start), note: "" },
    ...steps.map((s) => {
      const from = at;
      at += s.points;
      return { text: s.text, from, to: at, kind: s.points < 0 ? "down" : "up", shown: signed(s.points), note: s.note ?? "" };
    }),
    { text: endText, from: 0, to: end, kind: "whole", shown: number(end), note: "" },
  ];
  const low = Math.min(0, ...rows.map((r) => Math.min(r.from, r.to)));
  const high = Math.max(100, ...rows.map((r) => Math.max(r.from, r.to)));
  const x = (v: number) => (100 * (v - low)) / (high - low);
  return (
    <table class="waterfall">
      <caption class="unseen">How the score comes about</caption>
      <thead class="unseen"><tr><th scope="col">What</th><th scope="col">Bar</th><th scope="col">Points</th></tr></thead>
      <tbody>
        {rows.map((r) => (
          <tr class={r.kind}>
            <th scope="row">{r.text}{r.note && <small>{r.note}</small>}</th>
            <td aria-hidden="true">
              <svg viewBox="0 0 100 10" preserveAspectRatio="none">
                <rect class={r.kind} x={x(Math.min(r.from, r.to))} width={Math.max(0.6, Math.abs(x(r.to) - x(r.from)))} height={10} />
              </svg>
            </td>
            <td class="number">{r.shown}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
