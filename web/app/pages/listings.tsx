// Listings: which ones are looked at, and of one of them by whom, when, and beside which others.

import { useMemo, useState } from "preact/hooks";
import { id as path, query, send } from "../api";
import { count, day, decimal, duration, isoDay, money, number, percent, shortDay, words } from "../format";
import { useGet } from "../hooks";
import { useKeys } from "../keys";
import { home, label } from "../listings";
import { may } from "../me";
import { Card, Empty, Field, Figure, Heading, Loading, Pill, Problem } from "../parts/basics";
import { Bars } from "../parts/charts";
import { Copy } from "../parts/copy";
import { Dialog } from "../parts/dialog";
import { everyDay, Series } from "../parts/series";
import { Table } from "../parts/table";
import { go, parameter } from "../route";

interface Numbers {
  total_views: number;
  unique_views: number;
  avg_time_on_page: number | null; // s
  avg_scroll_depth: number | null; // %
  inquiry_count: number;
  share_count: number;
  inquiry_rate: number | null; // %
}

type Ranked = Numbers & { site_id: number; listing_id: string };

const share = (n: number | null) => percent(n == null ? null : n / 100);
const linkTo = (l: Ranked) => query(`/app/listings/${path(l.listing_id)}`, { site_id: l.site_id });
const spans = [[7, "7 days"], [30, "30 days"], [90, "90 days"]] as const;

// since is the first day of a span that ends today, as the wire has it.
function since(days: number): string {
  const d = new Date();
  d.setDate(d.getDate() - days + 1);
  return isoDay(d);
}

function Ranking() {
  const [days, setDays] = useState(30);
  const asked = useGet<{ listings: Ranked[] }>(query("/v1/engagement/listings", { from: since(days), limit: 200 }));
  const rows = asked.data?.listings ?? [];
  useKeys([{ key: "b", does: "Back to Today", run: () => go("/app/") }]);
  return (
    <>
      <Heading action={<label class="choice">Last <select value={days} onChange={(e) => setDays(Number(e.currentTarget.value))}>{spans.map(([n, text]) => <option value={n}>{text}</option>)}</select></label>}>Listings</Heading>
      <Problem error={asked.error} what="ranked listings" again={asked.again} />
      {!asked.data && !asked.error && <Loading what="the listings" />}
      {asked.data && !rows.length && <Empty title="No listing was looked at."><p>Pages of listings say which one they show with <code>data-ff-property</code>.{may.admin && <> See <a href="/app/setup">the setup</a>.</>}</p></Empty>}
      {rows.length > 0 && <Card title={count(rows.length, "listing")}>
        <Table caption="Listings by engagement" rows={rows} rowKey={(l) => `${l.site_id} ${l.listing_id}`} columns={[
          { title: "Listing", cell: (l) => <a href={linkTo(l)}>{label(l.listing_id, l.site_id)}</a> },
          { title: "Visitors", number: true, cell: (l) => number(l.unique_views) }, { title: "Views", number: true, cell: (l) => number(l.total_views) },
          { title: "Time", number: true, cell: (l) => duration(l.avg_time_on_page) }, { title: "Read", number: true, cell: (l) => share(l.avg_scroll_depth) },
          { title: "Inquiries", number: true, cell: (l) => number(l.inquiry_count) }, { title: "Rate", number: true, cell: (l) => share(l.inquiry_rate) },
          { title: "Shared", number: true, cell: (l) => number(l.share_count) }]} />
      </Card>}
    </>
  );
}

function Report({ listing, site, close }: { listing: string; site: string; close: () => void }) {
  const [good, setGood] = useState("30d");
  const [made, setMade] = useState<{ link: string; expires_at: string } | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const make = async (e: Event) => {
    e.preventDefault();
    setProblem(null);
    try {
      setMade(await send("POST", query(`/v1/listings/${path(listing)}/report-links`, { site_id: site }), { expires_in: good }));
    } catch (err) {
      setProblem(err);
    }
  };
  return (
    <Dialog title="A report for the seller" close={close}>
      <p>A page that can be printed: views by day, beside the market. It names no visitor and no lead.</p>
      <form onSubmit={(e) => void make(e)}>
        <Field label="The link works for"><select value={good} onChange={(e) => setGood(e.currentTarget.value)}><option value="7d">7 days</option><option value="30d">30 days</option><option value="90d">90 days</option></select></Field>
        <div class="ways"><button class="first">Make a link</button></div>
      </form>
      <Problem error={problem} what="reports" />
      {made && <div role="status"><p>Until {day(made.expires_at)}; whoever has it sees the report.</p><Copy label="Link to the report" text={made.link} /><p><a href={made.link} target="_blank" rel="noreferrer">Open it</a></p></div>}
    </Dialog>
  );
}

interface Audience {
  visitors: number;
  overlaps: { listing_id: string; visitors: number; common: number }[];
}

function Overlap({ listing, site }: { listing: string; site: string }) {
  const others = (useGet<{ listings: Ranked[] }>(query("/v1/engagement/listings", { limit: 9, site_id: site })).data?.listings ?? []).map((l) => l.listing_id).filter((l) => l !== listing && !l.includes(",")).slice(0, 8);
  const asked = useGet<Audience>(others.length ? query(`/v1/listings/${path(listing)}/audience`, { overlaps: others.join(","), site_id: site }) : "");
  const common = (asked.data?.overlaps ?? []).filter((o) => o.common > 0).sort((a, b) => b.common - a.common);
  return (
    <Card title="Also looked at">
      <Problem error={asked.error} what="audience" again={asked.again} />
      {asked.data && !common.length && <p class="muted">None of its visitors looked at your other listings that are viewed most.</p>}
      {common.length > 0 && <Bars caption={`Of ${count(asked.data!.visitors, "visitor")}`} of="Listing" unit="Visitors in common" points={common.map((o) => ({ label: label(o.listing_id, Number(site)), value: o.common }))} />}
    </Card>
  );
}

function One({ id }: { id: string }) {
  const site = parameter("site_id"); // "": the only one that has a listing of this id
  const [days, setDays] = useState(30);
  const [report, show] = useState(false);
  const asked = useGet<{ totals: Numbers; days: (Numbers & { date: string })[] }>(query(`/v1/listings/${path(id)}/engagement`, { from: since(days), site_id: site }));
  const points = useMemo(() => everyDay(asked.data?.days ?? [], days, (d) => d.total_views), [asked.data, days]);
  useKeys([{ key: "b", does: "Back to the listings", run: () => go("/app/listings") }, { key: "r", does: "Make a report", run: () => may.write && show(true) }]);
  const t = asked.data?.totals, h = home(id, Number(site));
  return (
    <>
      <nav aria-label="Back"><a href="/app/listings">← Listings</a></nav>
      <Heading action={<div class="ways">
        <label class="choice"><span class="unseen">Last</span><select value={days} onChange={(e) => setDays(Number(e.currentTarget.value))}>{spans.map(([n, text]) => <option value={n}>{text}</option>)}</select></label>
        {may.write && <button type="button" onClick={() => show(true)}>Report for the seller</button>}
      </div>}>{label(id, Number(site))}</Heading>
      {h && <p class="muted">{[h.city, h.price != null && money(h.price), h.beds != null && count(h.beds, "bedroom"), h.property_type && words(h.property_type).toLowerCase()].filter(Boolean).join(", ")} {h.status && <Pill>{words(h.status)}</Pill>}</p>}
      <Problem error={asked.error} what="such listing" again={asked.again} />
      {!asked.data && !asked.error && <Loading what="the listing" />}
      {t && (
        <div class="columns">
          <div><Card title="Engagement">
            <dl class="figures">
              <Figure label="Visitors" value={number(t.unique_views)} note={count(t.total_views, "view")} /><Figure label="Time a view" value={duration(t.avg_time_on_page)} />
              <Figure label="Read" value={share(t.avg_scroll_depth)} /><Figure label="Inquiries" value={number(t.inquiry_count)} note={t.inquiry_rate == null ? undefined : `${decimal(t.inquiry_rate)} of 100 visitors`} />
              <Figure label="Shared" value={number(t.share_count)} />
            </dl>
            {t.total_views > 0 && <Series caption="Views a day" of="Day" unit="Views" points={points} name={(d) => shortDay(d)} />}
          </Card></div>
          <div><Overlap listing={id} site={site} /><Card title="Beside the market"><p><a href={query("/app/market", { listing: id, site_id: site })}>Compare it with others of its kind</a></p></Card></div>
        </div>
      )}
      {report && <Report listing={id} site={site} close={() => show(false)} />}
    </>
  );
}

export default function Listings({ id }: { id?: string }) {
  return id ? <One key={id} id={id} /> : <Ranking />;
}
