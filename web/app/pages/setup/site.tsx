// The site: what to paste into its pages, whether it arrives, and what is decided for it.

import { useState } from "preact/hooks";
import { absent, Failure, send } from "../../api";
import { ago, count, moment, number } from "../../format";
import { now, useEvery, useGet } from "../../hooks";
import { Card, Empty, Field, Loading, Pill, Problem } from "../../parts/basics";
import { Copy } from "../../parts/copy";
import { Table } from "../../parts/table";
import { toast } from "../../parts/toast";
import type { Key, Page, Session, Site } from "../../wire";

function Snippet({ site }: { site: Site }) {
  const asked = useGet<Page<"keys", Key>>("/v1/keys");
  const key = asked.data?.keys.find((k) => k.kind === "write" && k.site_id === site.id && k.key && !k.ends_at)?.key;
  const consent = site.consent === "anonymous" ? ` data-consent="anonymous"` : "";
  return (
    <Card title="Put this into your pages">
      <p>One line, before <code>&lt;/head&gt;</code> of every page. It is small, loads beside your page and keeps nothing that visitors type.</p>
      <Problem error={asked.error} what="keys" again={asked.again} />
      {key && <Copy label="Tracker" text={`<script async src="${location.origin}/ff.js" data-key="${key}"${consent}></script>`} />}
      {asked.data && !key && <Empty title="This site has no write key."><p><a href="/app/setup?part=keys">Make one</a>, then come back.</p></Empty>}
      <p class="muted">Say which listing a page shows with <code>data-ff-property="its id"</code> on the listing's element, and mark your contact form with <code>data-ff-lead</code>.</p>
    </Card>
  );
}

interface Installation {
  state?: string;
  first_event?: string | null;
  last_event?: string | null;
  first_event_at?: string | null;
  last_event_at?: string | null;
  origins?: (string | { origin: string; last_seen?: string | null; allowed?: boolean })[];
  rejects?: { code: string; count: number; fix?: string; message?: string }[];
  problems?: (string | { message?: string; fix?: string })[];
}

const states: Record<string, string> = { ok: "Working", waiting: "Waiting for the first event", problems: "Something is refused" };

// Fallback says what can be said without the server's own check.
function Fallback({ site }: { site: Site }) {
  const active = useGet<Page<"sessions", Session>>(`/v1/sessions?active=24h&sort=recent&limit=1&site_id=${site.id}`);
  const rejects = useGet<Page<"rejects", { code: string; message: string; time: string }>>(`/v1/rejects?limit=20&site_id=${site.id}`).data?.rejects ?? [];
  useEvery(3000, active.again);
  const last = active.data?.sessions[0]?.last_visit;
  return (
    <>
      <p><Pill tone={last ? "strong" : "plain"}>{last ? "Working" : "Waiting for the first event"}</Pill> {last && <>The last event came {ago(last, now.value)}.</>}</p>
      {rejects.length > 0 && <Table caption="Refused lately" rows={rejects} columns={[{ title: "Why", cell: (r) => r.code }, { title: "What to do", text: true, cell: (r) => r.message }, { title: "When", cell: (r) => moment(r.time) }]} />}
    </>
  );
}

function Check({ site }: { site: Site }) {
  const asked = useGet<Installation>(`/v1/sites/${site.id}/installation`);
  useEvery(absent(asked.error) ? 0 : 3000, asked.again);
  const i = asked.data;
  const first = i?.first_event ?? i?.first_event_at, last = i?.last_event ?? i?.last_event_at;
  return (
    <Card title="Does it arrive?">
      {absent(asked.error) ? <Fallback site={site} /> : <Problem error={asked.error} what="check" again={asked.again} />}
      {!i && !asked.error && <Loading what="the check" />}
      {i && (
        <div role="status">
          <p><Pill tone={i.state === "problems" ? "hot" : last ? "strong" : "plain"}>{states[i.state ?? ""] ?? (last ? "Working" : "Waiting for the first event")}</Pill></p>
          {!last && <p>This check looks again every 3 seconds.</p>}
          {last && <dl class="facts"><dt>First event</dt><dd>{moment(first)}</dd><dt>Last event</dt><dd>{ago(last, now.value)}</dd>
            <dt>From</dt><dd>{(i.origins ?? []).map((o) => (typeof o === "string" ? o : o.origin)).join("\n") || "no origin was named"}</dd></dl>}
          {(i.problems ?? []).map((p) => <p class={last ? "problem" : "muted"}>{typeof p === "string" ? p : p.fix ?? p.message}</p>)}
          {!!i.rejects?.length && <Table stack caption="Refused" rows={i.rejects} columns={[
            { title: "Why", cell: (r) => r.code }, { title: "Events", number: true, cell: (r) => number(r.count) }, { title: "What to do", text: true, cell: (r) => r.fix ?? r.message ?? "" }]} />}
        </div>
      )}
    </Card>
  );
}

function Decisions({ site, changed }: { site: Site; changed: () => void }) {
  const [name, setName] = useState(site.name);
  const [origins, setOrigins] = useState(site.allowed_origins.join("\n"));
  const [zone, setZone] = useState(site.time_zone);
  const [consent, setConsent] = useState(site.consent);
  const [wrong, setWrong] = useState<Failure | null>(null);
  const of = (field: string) => (wrong?.field === field ? wrong.message : undefined);
  const save = async (e: Event) => {
    e.preventDefault();
    setWrong(null);
    try {
      await send("PATCH", `/v1/sites/${site.id}`, { name, allowed_origins: origins.split(/\s+/).filter(Boolean), time_zone: zone, consent });
      toast("The site is saved.");
      changed();
    } catch (err) {
      setWrong(err instanceof Failure ? err : new Failure(0, "", String(err)));
    }
  };
  const listed = origins.split(/\s+/).filter(Boolean).length;
  return (
    <Card title="This site">
      <form onSubmit={(e) => void save(e)}>
        <Field label="Name" error={of("name")}><input value={name} onInput={(e) => setName(e.currentTarget.value)} /></Field>
        <Field label="Web addresses that may send, one a line" hint={listed ? count(listed, "address", "addresses") : "None yet: any page in the world may send to this site."} error={of("allowed_origins")}>
          <textarea value={origins} placeholder="https://www.homes.example" spellcheck={false} onInput={(e) => setOrigins(e.currentTarget.value)} />
        </Field>
        <div class="both">
          <Field label="Time zone" error={of("time_zone")}>
            <select value={zone} onChange={(e) => setZone(e.currentTarget.value)}>{[...new Set([zone, "UTC", ...Intl.supportedValuesOf("timeZone")])].map((z) => <option>{z}</option>)}</select>
          </Field>
          <Field label="Visitors who were not asked for consent" error={of("consent")}>
            <select value={consent} onChange={(e) => setConsent(e.currentTarget.value)}><option value="granted">recognize them</option><option value="anonymous">only count them (Europe)</option></select>
          </Field>
        </div>
        {wrong && !wrong.field && <p class="problem" role="alert">{wrong.message}</p>}
        <div class="ways"><button class="first">Save</button></div>
      </form>
    </Card>
  );
}

export function SitePart({ site, changed }: { site: Site; changed: () => void }) {
  return (
    <div class="columns">
      <div><Snippet site={site} /><Check site={site} /></div>
      <div><Decisions site={site} changed={changed} /></div>
    </div>
  );
}
