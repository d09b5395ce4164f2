// Live: everybody who is on the site now, a row each, anonymous too. Rows keep their places; who is new waits behind a pill.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { announce } from "../announce";
import { back, get } from "../api";
import { ago, count, duration, number, words } from "../format";
import { now, useEvery } from "../hooks";
import { useKeys } from "../keys";
import { label } from "../listings";
import { follow, pollEvery, streaming, type Message } from "../live";
import { Empty, Heading, Loading, Pill, Problem } from "../parts/basics";
import { nameOf } from "../person";
import { may } from "../me";
import { go } from "../route";
import type { Lead, Page, Session, Visitor } from "../wire";

type Visitors = Page<"visitors", Visitor> & { warming: boolean };

interface Row extends Visitor {
  key: string;
  gone: boolean;
  lead: string; // "": an anonymous visitor
}

const stays = 5 * 60_000; // ms after the last event that somebody counts as being here

const rows = signal<Row[]>([]);
const waiting = signal<ReadonlyMap<string, Row>>(new Map()); // new ones
const loaded = signal(false);
const warming = signal(false);
const trouble = signal<unknown>(null);
const names = signal<ReadonlyMap<string, string>>(new Map()); // of leads

function rowOf(v: Visitor): Row {
  const session = v.sessions[0];
  const lead = v.sessions.find((s) => s.lead_id)?.lead_id ?? leadsOf.get(`${v.site_id}/${v.visitor_id ?? ""}`) ?? "";
  return { ...v, key: `${v.site_id}/${v.visitor_id ?? session?.session_id ?? ""}`, gone: false, lead };
}

const asking = new Set<string>();

// leadsOf are the leads by their visitors: a lead's later visits name only the visitor.
let leadsOf: ReadonlyMap<string, string> = new Map();

async function findLeads() {
  try {
    const page = await get<Page<"leads", Lead>>("/v1/leads?sort=activity&limit=50");
    const of = new Map<string, string>(), known = new Map(names.value);
    for (const l of page.leads) {
      if (l.visitor_id) of.set(`${l.site_id}/${l.visitor_id}`, l.id);
      known.set(l.id, nameOf(l));
    }
    leadsOf = of;
    names.value = known;
  } catch {
    // they are shown as visitors
  }
}

// nameLeads asks who the leads are.
function nameLeads(all: Row[]) {
  for (const { lead } of all) {
    if (!lead || names.value.has(lead) || asking.has(lead) || asking.size > 100) continue;
    asking.add(lead);
    get<Lead>(`/v1/leads/${encodeURIComponent(lead)}`).then((l) => (names.value = new Map(names.value).set(lead, nameOf(l))), () => {}).finally(() => asking.delete(lead));
  }
}

// layOut shows everybody anew, the hottest first.
async function layOut() {
  try {
    const [page] = await Promise.all([get<Visitors>("/v1/visitors?active=5m&limit=1000"), findLeads()]);
    rows.value = page.visitors.map(rowOf);
    waiting.value = new Map();
    warming.value = page.warming;
    loaded.value = true;
    trouble.value = null;
    nameLeads(rows.value);
  } catch (e) {
    trouble.value = e;
  }
}

// take puts what is known of a visitor in its place, or behind the pill.
function take(fresh: Row[]) {
  const by = new Map(fresh.map((r) => [r.key, r]));
  rows.value = rows.value.map((r) => by.get(r.key) ?? r);
  const shown = new Set(rows.value.map((r) => r.key));
  const next = new Map(waiting.value);
  for (const r of fresh) if (!shown.has(r.key)) next.set(r.key, r);
  if (next.size > waiting.value.size) announce(`${count(next.size, "person", "people")} new on your site.`);
  if (!rows.value.length && next.size) {
    rows.value = [...next.values()]; // nothing can jump
    next.clear();
  }
  waiting.value = next;
  nameLeads(fresh);
}

async function refresh() {
  if (!loaded.value) return void layOut();
  try {
    const page = await get<Visitors>("/v1/visitors?active=5m&limit=1000");
    const fresh = page.visitors.map(rowOf);
    const here = new Set(fresh.map((r) => r.key));
    rows.value = rows.value.map((r) => (here.has(r.key) ? r : { ...r, gone: true }));
    waiting.value = new Map([...waiting.value].filter(([key]) => here.has(key)));
    warming.value = page.warming;
    trouble.value = null;
    take(fresh);
  } catch (e) {
    trouble.value = e;
  }
}

let soon = 0;

// hear takes what the stream tells of a session; what it does not say is asked for.
function hear(m: Message) {
  if (m.kind === "session") {
    const s = m.data as unknown as Session;
    if (s.session_id && Array.isArray(s.properties_viewed)) {
      const known = rows.value.find((r) => r.sessions.some((o) => o.session_id === s.session_id) || (s.visitor_id && r.visitor_id === s.visitor_id && r.site_id === s.site_id));
      const sessions = [s, ...(known?.sessions ?? []).filter((o) => o.session_id !== s.session_id)];
      const row = rowOf({
        site_id: s.site_id ?? known?.site_id ?? 0, visitor_id: s.visitor_id, visit_count: s.visit_count, last_visit: s.last_visit,
        behavioral_score: s.behavioral_score, conversion_intent: s.conversion_intent, event_count: s.event_count,
        total_duration_seconds: s.total_duration_seconds, properties_viewed: s.properties_viewed, sessions,
      });
      return take([known ? { ...row, key: known.key } : row]);
    }
  }
  soon ||= setTimeout(() => {
    soon = 0;
    void refresh();
  }, 200);
}

// doing is what somebody does now.
function doing(r: Row): string {
  const s = r.sessions[0];
  const at = s?.current_listing ?? s?.properties_viewed.at(-1);
  if (s?.form_completed) return "Sent a form";
  if (s?.form_started) return at ? `Is filling a form, ${label(at, r.site_id)}` : "Is filling a form";
  return at ? `Looked at ${label(at, r.site_id)}` : "Looking around";
}

function Who({ row }: { row: Row }) {
  const name = names.value.get(row.lead);
  if (row.lead) return <a class="name" href={`/app/leads/${encodeURIComponent(row.lead)}`}>{name ?? "A lead"}</a>;
  return <span class="name">{row.visit_count > 1 ? `Visitor, ${number(row.visit_count)} visits` : "New visitor"}</span>;
}

function LiveRow({ row }: { row: Row }) {
  const here = !row.gone && now.value - Date.parse(row.last_visit) < stays;
  const s = row.sessions[0];
  return (
    <li class={here ? "visitor" : "visitor gone"} data-visitor={row.key}>
      <span class="value">{number(row.behavioral_score)}<small class="muted">of 100</small></span>
      <span class="who"><Who row={row} /><small class="muted">{s?.device_info.type ? words(s.device_info.type) : "Unknown device"}{s?.source?.utm_source && `, from ${s.source.utm_source}`}</small></span>
      <span class="where">{doing(row)}<small class="muted">{row.properties_viewed.length ? count(row.properties_viewed.length, "listing") : "No listing yet"}{row.total_duration_seconds > 0 && `, ${duration(row.total_duration_seconds)}`}</small></span>
      <span><Pill tone={row.conversion_intent === "high" ? "hot" : row.conversion_intent === "medium" ? "strong" : "plain"}>{words(row.conversion_intent)} intent</Pill></span>
      <span class="when"><span class={here ? "dot" : "dot off"} aria-hidden="true" />{here ? ago(row.last_visit, now.value) : "Left"}</span>
    </li>
  );
}

const move = (by: number) => {
  const all = [...document.querySelectorAll<HTMLElement>("a.name")];
  const at = all.indexOf(document.activeElement as HTMLElement);
  all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + by))]?.focus();
};

export default function Live() {
  const came = back.value;
  useEffect(() => void layOut(), [came]);
  useEffect(() => follow(hear, () => void refresh()), []);
  useEvery(30_000, () => void findLeads());
  useEvery(streaming.value ? 30_000 : pollEvery / 5, () => void refresh());
  useKeys([
    { key: "j", does: "Next lead", run: () => move(1) },
    { key: "k", does: "Previous lead", run: () => move(-1) },
    { key: "n", does: "Show who is new", run: () => void layOut() },
    { key: "b", does: "Back to Today", run: () => go("/app/") },
  ]);
  const fresh = waiting.value.size;
  return (
    <>
      <Heading action={<span class="muted">{streaming.value ? "As it happens" : "Asked every second"}</span>}>Live</Heading>
      {fresh > 0 && <div class="fresh"><button type="button" class="hot" onClick={() => void layOut()}>{number(fresh)} new</button></div>}
      <Problem error={trouble.value} what="live list" again={() => void layOut()} />
      {!loaded.value && !trouble.value && <Loading what="who is here" />}
      {warming.value && <p class="muted" role="status">The server has just started; those who came before are still being gathered.</p>}
      {loaded.value && !rows.value.length && (
        <Empty title="Nobody is on your site right now.">
          <p>Whoever comes appears here within a second.</p>
          {may.admin && <p>Nobody ever comes? <a href="/app/setup">Check that the tracker is installed</a>.</p>}
        </Empty>
      )}
      {rows.value.length > 0 && <ol class="visitors" aria-label="Visitors">{rows.value.map((r) => <LiveRow key={r.key} row={r} />)}</ol>}
    </>
  );
}
