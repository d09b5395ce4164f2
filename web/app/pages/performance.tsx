// Performance: how an agent's months went, beside the months before.

import { useState } from "preact/hooks";
import { id as path, query } from "../api";
import { useAgents, type Numbers } from "../agents";
import { count, decimal, duration, month, none, number, percent, shortMonth, signed } from "../format";
import { useGet } from "../hooks";
import { useKeys } from "../keys";
import { Card, Empty, Figure, Heading, Loading, Problem } from "../parts/basics";
import { Bars } from "../parts/charts";
import { Table } from "../parts/table";
import { Trend } from "../parts/trend";
import { go } from "../route";

interface Month extends Numbers {
  period_start: string;
  period_end: string;
}

const share = (n: number | null) => (n == null ? none : percent(n / 100));
const minutes = (n: number | null) => (n == null ? none : duration(n * 60));

// change says how a number has moved since the month before.
function change(now: number | null, before: number | null | undefined, format: (n: number) => string = signed): string {
  if (now == null) return "not known yet";
  if (before == null) return "nothing in the month before to compare with";
  const by = now - before;
  return by === 0 ? "as in the month before" : `${format(by)} on the month before`;
}

const points = (n: number) => `${signed(n)} points`;
const longer = (unit: (n: number) => string) => (n: number) => `${unit(Math.abs(n))} ${n < 0 ? "shorter" : "longer"}`;
const days = (n: number) => `${decimal(n)} days`;

function Months({ months }: { months: Month[] }) {
  const [chosen, choose] = useState(0); // how many months back
  const m = months[chosen]!, before = months[chosen + 1];
  const p = m.priorities;
  const measure = (name: string, unit: string, of: (x: Month) => number | null, format?: (n: number) => string) =>
    ({ name, unit, format, points: [...months].reverse().map((x) => ({ at: Date.parse(x.period_start), value: of(x) })) });
  const measures = () => [
    measure("Leads", "Leads", (x) => x.total_leads), measure("Closed deals", "Deals", (x) => x.closed_deals),
    measure("Conversion rate", "Rate", (x) => x.conversion_rate, share), measure("Days to close", "Days", (x) => x.avg_days_to_close, decimal),
    measure("Time to first contact", "Time", (x) => x.avg_minutes_to_contact, minutes)];
  return (
    <>
      <Card title={`${month(m.period_start)}: ${count(m.total_leads, "lead")}`} action={<label class="choice"><span class="unseen">Month</span>
        <select value={chosen} onChange={(e) => choose(Number(e.currentTarget.value))}>{months.map((x, i) => <option value={i}>{month(x.period_start)}</option>)}</select>
      </label>}>
        <dl class="figures">
          <Figure label="Conversion rate" value={share(m.conversion_rate)} note={change(m.conversion_rate, before?.conversion_rate, points)} />
          <Figure label="Days to close" value={decimal(m.avg_days_to_close)} note={change(m.avg_days_to_close, before?.avg_days_to_close, longer(days))} />
          <Figure label="Closed deals" value={number(m.closed_deals)} note={change(m.closed_deals, before?.closed_deals)} />
          <Figure label="Time to first contact" value={minutes(m.avg_minutes_to_contact)} note={change(m.avg_minutes_to_contact, before?.avg_minutes_to_contact, longer(minutes))} />
        </dl>
        {m.open_leads > 0 && <p class="muted">{number(m.open_leads)} of these leads are still open: deals of this month may yet come.</p>}
      </Card>
      <div class="columns">
        <div><Card title="From lead to deal"><Bars caption={`Leads of ${month(m.period_start)}`} of="Stage" unit="Leads" points={[
          { label: "Came", value: m.total_leads }, { label: "Contacted", value: m.contacted_leads }, { label: "Qualified", value: m.qualified_leads }, { label: "Closed", value: m.closed_deals }]} /></Card></div>
        <div>{p && <Card title="How good they looked"><Bars caption="Leads by priority when they came" of="Priority" unit="Leads" points={[
          { label: "High", value: p.high }, { label: "Medium", value: p.medium }, { label: "Low", value: p.low }]} /></Card>}</div>
      </div>
      <Trend title="Month by month" of="Month" measures={measures} from={months} name={(at) => month(at)} tick={shortMonth} />
      <Card title="All months">
        <Table caption="Months" rows={months} columns={[
          { title: "Month", cell: (x) => month(x.period_start) }, { title: "Leads", number: true, cell: (x) => number(x.total_leads) },
          { title: "Contacted", number: true, cell: (x) => number(x.contacted_leads) }, { title: "Qualified", number: true, cell: (x) => number(x.qualified_leads) },
          { title: "Closed", number: true, cell: (x) => number(x.closed_deals) }, { title: "Rate", number: true, cell: (x) => share(x.conversion_rate) },
          { title: "First contact", number: true, cell: (x) => minutes(x.avg_minutes_to_contact) }, { title: "Days to close", number: true, cell: (x) => decimal(x.avg_days_to_close) },
          { title: "Open", number: true, cell: (x) => number(x.open_leads) }]} />
      </Card>
    </>
  );
}

export default function Performance() {
  const agents = useAgents();
  const [chosen, choose] = useState("");
  const agent = chosen || agents?.[0]?.id || "";
  const asked = useGet<{ months: Month[] }>(agent ? query(`/v1/profiles/${path(agent)}/performance`, { months: 12 }) : "");
  useKeys([{ key: "b", does: "Back to Today", run: () => go("/app/") }]);
  const months = asked.data?.months ?? [];
  return (
    <>
      <Heading action={agents && agents.length > 1 && (
        <label class="choice">Agent <select value={agent} onChange={(e) => choose(e.currentTarget.value)}>{agents.map((a) => <option value={a.id}>{a.name}</option>)}</select></label>
      )}>Performance</Heading>
      <Problem error={asked.error} what="performance" again={asked.again} />
      {agents?.length === 0 && <Empty title="There is no agent whose numbers you see." />}
      {!asked.data && !asked.error && agents?.length !== 0 && <Loading what="the months" />}
      {asked.data && (months.some((m) => m.total_leads) ? <Months months={months} /> : <Empty title="No leads in twelve months."><p>Numbers begin with the first lead.</p></Empty>)}
    </>
  );
}
