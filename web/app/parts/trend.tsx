// Trend is a card that shows one of several numbers over time: which one, the reader chooses.

import { useMemo, useState } from "preact/hooks";
import { number } from "../format";
import { Card } from "./basics";
import { Series, type Moment } from "./series";

// Measure is a number that is followed. points are the same ones as long as what they were made of is.
export interface Measure {
  name: string;
  unit: string;
  points: Moment[];
  format?: (n: number) => string;
}

interface Props {
  title: string;
  of: string; // what a point is of: Day, Month
  measures: () => Measure[];
  from: unknown; // what the measures are made of
  name: (at: number) => string;
  tick?: (at: number) => string; // under the chart, where there is little room
}

export function Trend({ title, of, measures, from, name, tick }: Props) {
  const [chosen, choose] = useState(0);
  const all = useMemo(measures, [from]);
  const m = all[chosen] ?? all[0];
  if (!m) return null;
  const known = m.points.filter((p) => p.value !== null).length;
  return (
    <Card title={title} action={all.length > 1 && (
      <label class="choice"><span class="unseen">Number</span>
        <select value={chosen} onChange={(e) => choose(Number(e.currentTarget.value))}>{all.map((x, i) => <option value={i}>{x.name}</option>)}</select>
      </label>
    )}>
      {known ? <Series key={m.name} caption={`${m.name}, by ${of.toLowerCase()}`} of={of} unit={m.unit} points={m.points} format={m.format ?? number} name={name} tick={tick} />
        : <p class="muted">Not known of any {of.toLowerCase()} yet.</p>}
    </Card>
  );
}
