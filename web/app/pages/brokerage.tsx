// Brokerage: the agents side by side, leads that nobody has called, and how the organization does.

import { useState } from "preact/hooks";
import { id as path, query } from "../api";
import { useAgents, type Numbers } from "../agents";
import { ago, count, decimal, duration, isoDay, month, none, number, percent, shortDay } from "../format";
import { now, useGet } from "../hooks";
import { useKeys } from "../keys";
import { organization } from "../me";
import { Card, Empty, Figure, Heading, Loading, Pill, Problem } from "../parts/basics";
import { leadPath } from "../parts/leadcard";
import { everyDay } from "../parts/series";
import { Table } from "../parts/table";
import { Trend } from "../parts/trend";
import { nameOf } from "../person";
import { go } from "../route";
import type { Lead, Page } from "../wire";

interface Leader extends Numbers {
  rank: number;
  profile_id: string;
  full_name: string;
  profile_views: number;
}

interface Sums {
  total_leads: number;
  total_profile_views: number;
  total_conversions: number;
  avg_conversion_rate: number | null;
  deals_closed?: number;
  top_performing_agent_name?: string | null;
}

interface Story {
  full_name: string;
  ml_score: number;
  outcome_date: string;
  days_to_close: number;
}

const at = `/v1/organizations/${path(organization)}`;

const lastMonths = Array.from({ length: 12 }, (_, i) => {
  const d = new Date();
  return isoDay(new Date(d.getFullYear(), d.getMonth() - i, 1)).slice(0, 7);
});

function Leaderboard() {
  const [chosen, choose] = useState(lastMonths[0]!);
  const asked = useGet<{ agents: Leader[] }>(`${at}/leaderboard?month=${chosen}`);
  return (
    <Card title="Agents" action={<label class="choice"><span class="unseen">Month</span><select value={chosen} onChange={(e) => choose(e.currentTarget.value)}>{lastMonths.map((m) => <option value={m}>{month(m + "-01")}</option>)}</select></label>}>
      <Problem error={asked.error} what="leaderboard" again={asked.again} />
      {!asked.data && !asked.error && <Loading what="the agents" />}
      {asked.data && <Table stack caption={`Agents in ${month(chosen + "-01")}`} rows={asked.data.agents} rowKey={(a) => a.profile_id} columns={[
        { title: "Agent", cell: (a) => `${a.rank}. ${a.full_name}` }, { title: "Closed", number: true, cell: (a) => number(a.closed_deals) },
        { title: "Leads", number: true, cell: (a) => number(a.total_leads) }, { title: "Rate", number: true, cell: (a) => (a.conversion_rate == null ? none : percent(a.conversion_rate / 100)) },
        { title: "First contact", number: true, cell: (a) => (a.avg_minutes_to_contact == null ? none : duration(a.avg_minutes_to_contact * 60)) },
        { title: "Days to close", number: true, cell: (a) => decimal(a.avg_days_to_close) }, { title: "Open", number: true, cell: (a) => number(a.open_leads) },
        { title: "Page views", number: true, cell: (a) => number(a.profile_views) }]} />}
    </Card>
  );
}

const limits = { high: 3600_000, medium: 86_400_000 }; // ms within which a lead should be contacted

// useOverdue are leads that wait for longer than their priority allows, the longest first.
function useOverdue(priority: "high" | "medium") {
  const asked = useGet<Page<"leads", Lead>>(query("/v1/leads", { priority, status: "new", sort: "created_at", limit: 1000 }));
  const leads = (asked.data?.leads ?? []).filter((l) => now.value - Date.parse(l.created_at) > limits[priority]).reverse();
  return { leads, more: !!asked.data?.next_cursor, asked };
}

function Overdue() {
  const high = useOverdue("high"), medium = useOverdue("medium");
  const all = [...high.leads, ...medium.leads];
  const agents = useAgents();
  return (
    <Card title={`Waiting too long: ${number(all.length)}${high.more || medium.more ? "+" : ""}`}>
      <Problem error={high.asked.error} what="leads" again={high.asked.again} />
      {high.asked.data && !all.length && <p class="muted">Nobody. A lead stands here if its priority is high and nobody contacted it within an hour, or medium and within a day.</p>}
      {all.length > 0 && <Table stack caption="Leads that wait" rows={all.slice(0, 50)} rowKey={(l) => l.id} columns={[
        { title: "Lead", cell: (l) => <a href={leadPath(l)}>{nameOf(l)}</a> },
        { title: "Priority", cell: (l) => <Pill tone={l.ml_priority === "high" ? "hot" : "strong"}>{l.ml_priority}</Pill> },
        { title: "Came", cell: (l) => ago(l.created_at, now.value) }, { title: "Agent", cell: (l) => agents?.find((a) => a.id === l.profile_id)?.name ?? l.profile_id }]} />}
    </Card>
  );
}

function Days() {
  const asked = useGet<{ totals: Sums; days: (Sums & { date: string })[] }>(`${at}/analytics`);
  const t = asked.data?.totals, rows = asked.data?.days ?? [];
  const measures = () => [
    { name: "Leads", unit: "Leads", points: everyDay(rows, 30, (d) => d.total_leads) },
    { name: "Closed, of the leads of a day", unit: "Deals", points: everyDay(rows, 30, (d) => d.total_conversions) },
    { name: "Page views", unit: "Views", points: everyDay(rows, 30, (d) => d.total_profile_views) }];
  return (
    <><Card title="Last 30 days">
      <Problem error={asked.error} what="organization numbers" again={asked.again} />
      {!asked.data && !asked.error && <Loading what="the days" />}
      {t && <>
        <dl class="figures">
          <Figure label="Leads" value={number(t.total_leads)} /><Figure label="Page views" value={number(t.total_profile_views)} />
          <Figure label="Of these leads closed" value={number(t.total_conversions)} note={t.avg_conversion_rate == null ? undefined : percent(t.avg_conversion_rate / 100)} />
          <Figure label="Most deals" value={t.total_conversions ? t.top_performing_agent_name ?? none : none} />
        </dl>
      </>}
    </Card>
    {t && (t.total_leads > 0 || t.total_profile_views > 0) && <Trend title="Day by day" of="Day" measures={measures} from={asked.data} name={(d) => shortDay(d)} />}</>
  );
}

function Stories() {
  const asked = useGet<Page<"stories", Story>>(`${at}/stories`);
  if (!asked.data) return null;
  return (
    <Card title="It worked">
      {!asked.data.stories.length && <Empty title="No stories yet."><p>Deals that closed with a high score stand here, if <a href="/app/setup?part=scores">the settings</a> say so.</p></Empty>}
      <ul class="plainlist">{asked.data.stories.map((s) => <li>{s.full_name}: scored {number(s.ml_score)}, closed after {count(s.days_to_close, "day")}</li>)}</ul>
    </Card>
  );
}

export default function Brokerage() {
  useKeys([{ key: "b", does: "Back to Today", run: () => go("/app/") }]);
  return (
    <>
      <Heading>Brokerage</Heading>
      <Overdue />
      <Leaderboard />
      <div class="columns"><div><Days /></div><div><Stories /></div></div>
    </>
  );
}
