// Market: a listing beside others of its kind. A number without enough others is not shown, and a suggestion has its evidence.

import { useEffect, useState } from "preact/hooks";
import { get, id as path, query } from "../api";
import { count, decimal, isoDay, list, money, none, number, percent, shortDay, shortMoney, shortMonth, words } from "../format";
import { useGet } from "../hooks";
import { useKeys } from "../keys";
import { label } from "../listings";
import { Card, Empty, Heading, Loading, Pill, Problem } from "../parts/basics";
import { Table } from "../parts/table";
import { Trend } from "../parts/trend";
import { amend, go, parameter } from "../route";
import type { Listing, Page } from "../wire";

interface Benchmark {
  property_type: string;
  price_range: string;
  market_area: string;
  metric_type: string;
  metric_value: number;
  sample_size: number;
  interval: { low: number; high: number; level: number };
  scope: string;
  organizations: number;
}

interface Compared {
  metric_type: string;
  value: number | null;
  benchmark: Benchmark | null;
  difference_percent: number | null;
  position: string | null;
}

interface Comparison {
  segment: { property_type: string; price_range: string; market_area: string } | null;
  missing: string[];
  metrics: Compared[];
  suggestions: { code: string; text: string; evidence: { metric_type: string; value: number; metric_value: number; sample_size: number }[] }[];
}

const names: Record<string, string> = {
  avg_inquiry_rate: "Inquiry rate", avg_time_on_market: "Days on the market", avg_time_to_close: "Days to close", avg_price_per_sqft: "Price a square foot",
};
const nameOf = (metric: string) => names[metric] ?? words(metric);

// value writes a number of a metric in its unit.
function value(metric: string, n: number | null): string {
  if (n == null) return none;
  if (metric === "avg_inquiry_rate") return percent(n / 100);
  if (metric === "avg_price_per_sqft") return money(n);
  return decimal(n);
}

const range = (b: Benchmark) => `${value(b.metric_type, b.interval.low)} to ${value(b.metric_type, b.interval.high)}`;
const prices = (r: string) => (r.endsWith("+") ? `${shortMoney(Number(r.slice(0, -1)))} and more` : r.split("-").map((n) => shortMoney(Number(n))).join(" to "));

// monthEnds are the last days of the eleven months before this one, and today.
function monthEnds(): Date[] {
  const d = new Date();
  return [...Array.from({ length: 11 }, (_, i) => new Date(d.getFullYear(), d.getMonth() - 10 + i, 0, 12)), d];
}

interface Then {
  at: number; // ms
  benchmarks: Benchmark[];
}

// useYear asks for the benchmarks of a segment as they were at the ends of months, one after the other.
function useYear(segment: Comparison["segment"]): Then[] | undefined {
  const [year, set] = useState<Then[]>();
  const of = segment && query("/v1/benchmarks", { ...segment });
  useEffect(() => {
    if (!of) return;
    let gone = false;
    (async () => {
      const all: Then[] = [];
      for (const day of monthEnds()) {
        const page = await get<Page<"benchmarks", Benchmark>>(`${of}&as_of=${isoDay(day)}`).catch(() => null);
        if (gone) return;
        if (page) all.push({ at: day.getTime(), benchmarks: page.benchmarks });
      }
      set(all);
    })();
    return () => void (gone = true);
  }, [of]);
  return year;
}

function Year({ segment }: { segment: NonNullable<Comparison["segment"]> }) {
  const year = useYear(segment);
  if (!year) return <Card title="Twelve months of this market"><Loading what="the months" /></Card>;
  const measures = () => Object.keys(names).map((metric) => ({
    name: nameOf(metric), unit: "Mean", format: (n: number) => value(metric, n),
    points: year.map((t) => ({ at: t.at, value: t.benchmarks.find((b) => b.metric_type === metric)?.metric_value ?? null })),
  })).filter((m) => m.points.filter((p) => p.value !== null).length > 1);
  if (!measures().length) return <Card title="Twelve months of this market"><p class="muted">Not known yet: each month needs 5 of your listings, or deals with them.</p></Card>;
  return <Trend title="Twelve months of this market" of="Month" measures={measures} from={year} name={(d) => shortDay(d)} tick={shortMonth} />;
}

function Beside({ listing, site }: { listing: string; site: string }) {
  const asked = useGet<Comparison>(query(`/v1/listings/${path(listing)}/comparison`, { site_id: site }));
  const c = asked.data;
  return (
    <><Card title={label(listing, Number(site))}>
      <Problem error={asked.error} what="comparison" again={asked.again} />
      {!c && !asked.error && <Loading what="the comparison" />}
      {c?.segment && <p class="muted">Beside the segment: {words(c.segment.property_type).toLowerCase()}, {prices(c.segment.price_range)} in {words(c.segment.market_area)}.</p>}
      {c && !c.segment && <Empty title="It cannot be compared yet."><p>The catalog does not say its {list(c.missing.map((m) => words(m).toLowerCase()))}.</p></Empty>}
      {!!c?.metrics.length && <Table stack caption="Beside the market" rows={c.metrics} columns={[
        { title: "Number", cell: (m) => nameOf(m.metric_type) }, { title: "This listing", number: true, cell: (m) => value(m.metric_type, m.value) },
        { title: "Others", number: true, cell: (m) => (m.benchmark ? value(m.metric_type, m.benchmark.metric_value) : "too few, under 5") },
        { title: "90 % range", number: true, cell: (m) => (m.benchmark ? range(m.benchmark) : none) }, { title: "How many", number: true, cell: (m) => number(m.benchmark?.sample_size) },
        { title: "Verdict", cell: (m) => (m.position ? <Pill tone={m.position === "within" ? "plain" : "strong"}>{m.position}</Pill> : none) }]} />}
      {c && c.metrics.length > 0 && !c.suggestions.length && <p class="muted">Nothing stands out: there is no suggestion without evidence.</p>}
      {c?.suggestions.map((s) => (
        <div class="suggestion"><p><strong>{s.text}</strong></p>
          <ul>{s.evidence.map((e) => <li>{nameOf(e.metric_type)}: {value(e.metric_type, e.value)}, others {value(e.metric_type, e.metric_value)} ({count(e.sample_size, "listing")})</li>)}</ul></div>
      ))}
    </Card>
    {c?.segment && <Year segment={c.segment} />}</>
  );
}

export default function Market() {
  const listings = useGet<Page<"listings", Listing>>("/v1/listings?limit=1000");
  const benchmarks = useGet<Page<"benchmarks", Benchmark>>("/v1/benchmarks");
  const all = listings.data?.listings ?? [];
  const [chosen, choose] = useState({ listing: parameter("listing"), site: parameter("site_id") });
  const newest = all.find((l) => l.status === "active") ?? all[0];
  const first = { listing: newest?.id ?? "", site: String(newest?.site_id ?? "") };
  const { listing, site } = chosen.listing ? chosen : first;
  const at = all.findIndex((l) => l.id === listing && (!site || String(l.site_id) === site));
  const take = (l: Listing) => {
    choose({ listing: l.id, site: String(l.site_id) });
    amend(query("/app/market", { listing: l.id, site_id: l.site_id }));
  };
  const rows = benchmarks.data?.benchmarks ?? [];
  useKeys([{ key: "b", does: "Back to Today", run: () => go("/app/") }]);
  return (
    <>
      <Heading action={all.length > 0 && <label class="choice">Listing <select value={at} onChange={(e) => take(all[Number(e.currentTarget.value)]!)}>
        {at < 0 && <option value={at}>{label(listing)}</option>}{all.map((l, i) => <option value={i}>{l.address || l.id}{l.status && l.status !== "active" && ` (${words(l.status).toLowerCase()})`}</option>)}</select></label>}>Market</Heading>
      {listing && <Beside key={`${site} ${listing}`} listing={listing} site={site} />}
      {listings.data && !listing && <Empty title="The catalog is empty."><p>Send your listings with <code>POST /v1/listings:batch</code>; then each is held against others of its type, price and city.</p></Empty>}
      {!listing && <Problem error={listings.error} what="catalog of listings" again={listings.again} />}
      <Card title="Benchmarks">
        <Problem error={benchmarks.error} what="benchmarks" again={benchmarks.again} />
        {!benchmarks.data && !benchmarks.error && <Loading what="the benchmarks" />}
        {benchmarks.data && !rows.length && <p class="muted">None yet: each needs 5 listings of one type and price range.</p>}
        {rows.length > 0 && <Table stack caption="Benchmarks" rows={rows.slice(0, 200)} columns={[
          { title: "Listings", cell: (b) => `${words(b.property_type)}, ${prices(b.price_range)}, ${words(b.market_area)}` }, { title: "Number", cell: (b) => nameOf(b.metric_type) },
          { title: "Mean", number: true, cell: (b) => value(b.metric_type, b.metric_value) }, { title: "90 % range", number: true, cell: range },
          { title: "How many", number: true, cell: (b) => number(b.sample_size) }, { title: "Whose", cell: (b) => (b.organizations > 1 ? count(b.organizations, "organization") : "yours alone") }]} />}
      </Card>
    </>
  );
}
