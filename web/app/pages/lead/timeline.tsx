// What somebody did on the site, by listing, and what that says about what they want.

import { useEffect, useState } from "preact/hooks";
import { ago, clock, count, day, duration, list, moment, number, percent, shortMoney, words } from "../../format";
import { now } from "../../hooks";
import { home, label } from "../../listings";
import { Card, Empty, Loading } from "../../parts/basics";
import { Behind, Sparkline } from "../../parts/charts";
import { formOf } from "../../person";
import { eventsOf, newest, span, viewsOf, type Story } from "../../visits";
import type { Lead, Listing, TimelineEvent } from "../../wire";

interface Group {
  listing: string; // "": none
  events: TimelineEvent[];
  views: number;
  scroll: number; // deepest, in percent
  first: string;
  last: string;
}

export function groups(events: TimelineEvent[]): Group[] {
  const by = new Map<string, Group>(), views = viewsOf(events);
  for (const e of events) {
    const listing = e.listing_id ?? "";
    let g = by.get(listing);
    if (!g) by.set(listing, (g = { listing, events: [], views: views.get(listing) ?? 0, scroll: 0, first: e.time, last: e.time }));
    g.events.push(e);
    g.scroll = Math.max(g.scroll, e.scroll_percentage ?? 0);
    if (e.time < g.first) g.first = e.time;
    if (e.time > g.last) g.last = e.time;
  }
  return [...by.values()].sort((a, b) => (a.listing === "" ? 1 : b.listing === "" ? -1 : b.views - a.views || b.last.localeCompare(a.last)));
}

const did = (e: TimelineEvent) => {
  const kind = e.event_data?.interactionType;
  return `${words(typeof kind === "string" ? kind : e.event_type)}${e.scroll_percentage != null ? `, ${percent(e.scroll_percentage / 100)} down` : ""}`;
};

function useEvents(story: Story | null | undefined): TimelineEvent[] | undefined {
  const [events, set] = useState<TimelineEvent[]>();
  const ids = story?.sessions.slice(0, newest).map((s) => s.session_id).join("\n");
  useEffect(() => {
    if (story === null) return set([]);
    if (!story) return;
    let gone = false;
    Promise.all(story.sessions.slice(0, newest).map(eventsOf)).then(
      (pages) => gone || set(pages.flat()),
      () => gone || set([]),
    );
    return () => void (gone = true);
  }, [ids, story === null]);
  return events;
}

const range = (ns: number[], format: (n: number) => string) => {
  const low = Math.min(...ns), high = Math.max(...ns);
  return low === high ? format(low) : `${format(low)} to ${format(high)}`;
};

// common are the values that homes share, most frequent first.
function common(values: string[]): string[] {
  const times = new Map<string, number>();
  for (const v of values) times.set(v, (times.get(v) ?? 0) + 1);
  return [...times].sort((a, b) => b[1] - a[1]).slice(0, 3).map(([v]) => v);
}

function Wants({ lead, all, events }: { lead: Lead; all: Group[]; events: TimelineEvent[] }) {
  const homes = all.map((g) => home(g.listing, lead.site_id)).filter((h): h is Listing => !!h);
  const prices = homes.flatMap((h) => (h.price ? [h.price] : []));
  const beds = homes.flatMap((h) => (h.beds ? [h.beds] : []));
  const form = new Map(formOf(lead));
  const searches = common(events.filter((e) => e.event_type === "property_search").map((e) =>
    Object.values(e.event_data ?? {}).filter((v) => typeof v === "string" || typeof v === "number").map(String).filter(Boolean).join(", ")).filter(Boolean));
  const facts: [string, string][] = [];
  for (const name of ["price_range", "timeline", "move_in", "budget"]) {
    const v = form.get(name);
    const amounts = /^(\d{4,})\s*-\s*(\d{4,})$/.exec(String(v));
    if (typeof v === "string" && v) facts.push([`${words(name)} (they say)`, amounts ? `${shortMoney(Number(amounts[1]))} to ${shortMoney(Number(amounts[2]))}` : v]);
  }
  if (prices.length) facts.push(["Price", range(prices, shortMoney)]);
  if (beds.length) facts.push(["Bedrooms", range(beds, number)]);
  const types = common(homes.flatMap((h) => (h.property_type ? [words(h.property_type).toLowerCase()] : [])));
  if (types.length) facts.push(["Type", list(types)]);
  const cities = common(homes.flatMap((h) => (h.city ? [h.city] : [])));
  if (cities.length) facts.push(["Where", list(cities)]);
  if (searches.length) facts.push(["Searched for", searches.join("; ")]);
  return (
    <Card title="What they seem to want">
      {facts.length ? <><dl class="facts">{facts.map(([name, v]) => <><dt>{name}</dt><dd>{v}</dd></>)}</dl>
        {homes.length > 0 && <p class="muted">From the {count(homes.length, "listing")} that they looked at.</p>}</>
        : <p class="muted">Not known: they looked at no listing of which your catalog says price or place.</p>}
    </Card>
  );
}

export function Timeline({ lead, story }: { lead: Lead; story: Story | null | undefined }) {
  const events = useEvents(story);
  if (!events) return <Card title="On your site"><Loading what="the visits" /></Card>;
  const all = groups(events);
  const days = story?.days ?? [];
  const names = days.map((_, i) => { const d = new Date(); d.setDate(d.getDate() - (days.length - 1 - i)); return day(d); });
  return (
    <>
      <Wants lead={lead} all={all} events={events} />
      <Card title="On your site">
        {!all.length && <Empty title="No visit is known."><p>{lead.imported ? "The lead was imported, and visits before that were not." : "They came without consent to be recognized, or the form was sent by another system."}</p></Empty>}
        {days.length > 0 && (
          <Behind caption={`Time on the site, ${span} days`} of="Day" unit="Time" format={duration} points={days.map((v, i) => ({ label: names[i]!, value: v }))}>
            <Sparkline values={days} says={`Time on the site in the last ${span} days; the table below has the numbers`} />
          </Behind>
        )}
        {all.map((g) => (
          <details class="group" open={all.length <= 2}>
            <summary>
              <span><strong>{g.listing ? label(g.listing, lead.site_id) : "Other pages"}</strong>{" "}
                <span class="muted">{g.views > 0 && `${count(g.views, "view")}, `}{g.scroll > 0 && `read ${percent(g.scroll / 100)}, `}last {ago(g.last, now.value)}</span></span>
            </summary>
            <ol class="events">{g.events.slice(-100).reverse().map((e) => <li><time dateTime={e.time} title={moment(e.time)}>{day(e.time)}, {clock(e.time)}</time> {did(e)}</li>)}</ol>
          </details>
        ))}
      </Card>
    </>
  );
}
