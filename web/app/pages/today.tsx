// Today: who is on the site now, whom to call, and everybody else.

import { useCallback, useEffect, useRef } from "preact/hooks";
import { back } from "../api";
import { logContact } from "../contact";
import { count, number } from "../format";
import { useEvery, useGet } from "../hooks";
import { useKeys } from "../keys";
import { follow, pollEvery, streaming } from "../live";
import { may } from "../me";
import { Empty, Heading, Loading, Problem } from "../parts/basics";
import { LeadCard, leadPath, LeadRow } from "../parts/leadcard";
import { undo } from "../parts/toast";
import { Rows } from "../parts/virtual";
import { go } from "../route";
import * as today from "../today";
import type { Lead, Page } from "../wire";

const priorities = [["", "Any priority"], ["high", "High"], ["medium", "Medium"], ["low", "Low"]] as const;
const statuses = [["", "Open"], ["new", "New"], ["contacted", "Contacted"], ["qualified", "Qualified"], ["nurturing", "Nurturing"],
  ["unresponsive", "Unresponsive"], ["closed_won", "Won"], ["closed_lost", "Lost"]] as const;
const sorts = [["ml_score", "Score"], ["activity", "Last seen"], ["created_at", "Newest"]] as const;

function Choice({ label, value, of, change }: { label: string; value: string; of: readonly (readonly [string, string])[]; change: (v: string) => void }) {
  return (
    <label class="choice">
      <span class="unseen">{label}</span>
      <select value={value} onChange={(e) => change(e.currentTarget.value)}>
        {of.map(([v, text]) => <option value={v}>{text}</option>)}
      </select>
    </label>
  );
}

function Filters() {
  const f = today.filter.value;
  const agents = useGet<Page<"profiles", { id: string; full_name: string }>>(may.admin ? "/v1/profiles" : "").data?.profiles ?? [];
  return (
    <div class="filters" role="search" aria-label="Leads">
      <input id="find" type="search" placeholder="Find a name, address, e-mail" aria-label="Find a lead" defaultValue={f.find} onInput={(e) => today.find(e.currentTarget.value)} />
      <Choice label="Priority" value={f.priority} of={priorities} change={(priority) => today.narrow({ priority })} />
      <Choice label="Status" value={f.status} of={statuses} change={(status) => today.narrow({ status })} />
      <Choice label="Order" value={f.sort} of={sorts} change={(sort) => today.narrow({ sort })} />
      {agents.length > 1 && <Choice label="Agent" value={f.profile} change={(profile) => today.narrow({ profile })}
        of={[["", "Every agent"], ...agents.map((a) => [a.id, a.full_name] as const)]} />}
    </div>
  );
}

// everybody takes all filters off.
function everybody() {
  (document.getElementById("find") as HTMLInputElement).value = "";
  today.narrow({ priority: "", status: "", profile: "", find: "" });
}

function Nobody() {
  return (
    <Empty title="No leads yet.">
      <p>A lead comes when somebody sends a form on your site. Until then, see who is looking around.</p>
      <p class="ways">
        <a class="button" href="/app/live">Who is on the site</a>
        {may.admin && <a class="button first" href="/app/setup">Set up your site</a>}
      </p>
    </Empty>
  );
}

function Cards({ title, leads, hint }: { title: string; leads: Lead[]; hint?: string }) {
  return (
    <section class="cards">
      <h2>{title} <span class="muted">{number(leads.length)}{hint}</span></h2>
      {leads.map((l) => <LeadCard key={l.id} lead={l} />)}
    </section>
  );
}

// focusOn puts the focus on a lead, which may stand outside the part of the list that is in the page.
function focusOn(lead: Lead, reach: ((at: number) => void) | null) {
  const link = () => document.querySelector<HTMLElement>(`[data-lead="${CSS.escape(lead.id)}"] .name`);
  if (!link()) reach?.(today.rows.value.indexOf(lead));
  requestAnimationFrame(() => {
    link()?.focus({ preventScroll: true });
    link()?.closest("[data-lead]")?.scrollIntoView({ block: "nearest" });
  });
}

const focused = () => document.activeElement?.closest<HTMLElement>("[data-lead]")?.dataset.lead;

export default function Today() {
  const reach = useRef<((at: number) => void) | null>(null);
  const came = back.value;
  useEffect(() => void today.load(), [came]);
  useEffect(() => follow(today.hear, () => void today.refresh()), []);
  useEvery(streaming.value ? 60_000 : pollEvery, () => void today.refresh());
  const near = useCallback(() => void today.loadMore(), []);

  const step = (by: number) => {
    const all = today.shown.value;
    const at = all.findIndex((l) => l.id === focused());
    const next = all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + by))];
    if (next) focusOn(next, reach.current);
  };
  useKeys([
    { key: "j", does: "Next lead", run: () => step(1) },
    { key: "k", does: "Previous lead", run: () => step(-1) },
    {
      key: "c", does: "Log a call to the chosen lead", run: () => {
        const lead = today.shown.value.find((l) => l.id === focused());
        if (!lead) step(0);
        else if (may.write) void logContact(lead, "call");
      },
    },
    {
      key: "o", does: "Open the chosen lead", run: () => {
        const lead = today.shown.value.find((l) => l.id === focused());
        if (lead) go(leadPath(lead));
      },
    },
    { key: "u", does: "Undo", run: undo },
    { key: "n", does: "Show what is new", run: () => void today.load() },
    { key: "/", does: "Find", run: () => document.getElementById("find")?.focus() },
  ]);

  const begun = today.begun.value, loaded = today.loaded.value, rows = today.rows.value, filtered = today.filtered.value;
  const online = today.online.value, calls = today.calls.value, visitors = today.visitors.value;
  const empty = loaded && !filtered && !online.length && !calls.length && !rows.length;
  return (
    <>
      <Heading action={visitors != null && <a class="here" href="/app/live"><span class={visitors ? "dot" : "dot off"} aria-hidden="true" /> {count(visitors, "person", "people")} on your site now</a>}>Today</Heading>
      {today.fresh.value.size > 0 && <div class="fresh"><button type="button" class="hot" onClick={() => void today.load()}>{number(today.fresh.value.size)} new</button></div>}
      <Problem error={today.trouble.value} what="leads" again={() => void today.load()} />
      {empty && <Nobody />}
      {begun && !filtered && <>
        {online.length > 0 && <Cards title="On your site now" leads={online} />}
        {calls.length > 0 && <Cards title="Call now" leads={calls} hint={today.moreCalls.value ? "+" : ""} />}
        {today.moreCalls.value && <p><button type="button" onClick={() => void today.addCalls()}>Show more to call</button></p>}
      </>}
      {!loaded && !today.trouble.value && <Loading what={begun ? "everybody else" : "leads"} />}
      {loaded && !empty && (
        <section class="everyone">
          <h2>{filtered ? "Leads" : "Everyone else"} <span class="muted">{number(rows.length)}{today.cursor.value && "+"}</span></h2>
          <Filters />
          {rows.length ? <Rows items={rows} label="Leads" near={near} reach={reach} row={(l, i) => <LeadRow key={l.id} lead={l} at={i} of={today.cursor.value ? -1 : rows.length} />} />
            : <Empty title={filtered ? "No lead is like that." : "Everybody who is open is above."}>{filtered && <p><button type="button" onClick={everybody}>Show all open leads</button></p>}</Empty>}
        </section>
      )}
    </>
  );
}
