// A lead: why this score, what they did, what they want, what was done about it, how it ended.

import { useState } from "preact/hooks";
import { get, id as path, query, send } from "../api";
import { ago, besideAverage, count, day, duration, moment, none, number, odds, percent, words } from "../format";
import { now, useEvery, useGet } from "../hooks";
import { label } from "../listings";
import { may } from "../me";
import { Card, Figure, Heading, Loading, Pill, Problem, Progress } from "../parts/basics";
import { Waterfall, type Step } from "../parts/charts";
import { Dialog } from "../parts/dialog";
import { Ways, whereabouts } from "../parts/leadcard";
import { complain, toast, undo } from "../parts/toast";
import { useKeys } from "../keys";
import { logContact } from "../contact";
import { formOf, nameOf } from "../person";
import { go } from "../route";
import { useStory } from "../visits";
import type { Job, Lead, Page, Score } from "../wire";
import { ContactLog } from "./lead/log";
import { OutcomeForm } from "./lead/outcome";
import { Timeline } from "./lead/timeline";

const open = ["new", "contacted", "qualified", "nurturing"];

// steps turn reasons into what adds up to the score. What rules do not explain is how the lead ranks among others; under a
// model everything starts from the average lead.
export function steps(lead: Score): { start: number; startText: string; steps: Step[] } {
  const reasons = [...lead.reasons].sort((a, b) => Math.abs(b.points) - Math.abs(a.points));
  const all: Step[] = reasons.map((r) => ({ text: r.text, points: r.points }));
  const sum = all.reduce((s, r) => s + r.points, 0);
  if (lead.basis !== "rules") return { start: lead.ml_score - sum, startText: "An average lead", steps: all };
  const rank = lead.ml_score - 50 - sum;
  if (rank) all.push({ text: "Compared with your recent leads", points: rank, note: "until closed leads teach the scores" });
  return { start: 50, startText: "Everybody starts with", steps: all };
}

function Why({ lead }: { lead: Lead }) {
  const scores = useGet<Page<"scores", Score>>(`/v1/leads/${path(lead.id)}/scores`).data?.scores ?? [];
  const first = scores.at(-1);
  const [said, say] = useState<boolean | null>(null);
  const rate = async (accurate: boolean) => {
    say(accurate);
    try {
      await send("POST", `/v1/leads/${path(lead.id)}/feedback`, { was_accurate: accurate });
    } catch (e) {
      say(null);
      complain("Your answer is not kept.", e);
    }
  };
  return (
    <Card title={`Why ${number(lead.ml_score)}`} action={<Pill tone={lead.ml_priority === "high" ? "hot" : "strong"}>{words(lead.ml_priority)} priority</Pill>}>
      <dl class="figures">
        <Figure label="When the form came" value={first ? number(first.ml_score) : none} note={day(lead.created_at)} />
        <Figure label="Now" value={number(lead.ml_score)} note={lead.ml_scored_at ? `scored ${ago(lead.ml_scored_at, now.value)}` : undefined} />
        {lead.activity.score_now == null ? <Figure label="Behaviour when they wrote" value={number(lead.behavioral_score)} note="of 100" />
          : <Figure label="Behaviour: when they wrote, this visit" value={`${number(lead.behavioral_score)} → ${number(lead.activity.score_now)}`} note="of 100" />}
        <Figure label="Chance that it closes" value={odds(lead.conversion_probability)}
          note={lead.assumed ? "assumed until deals are recorded" : [percent(lead.conversion_probability), besideAverage(lead.conversion_probability, lead.base_rate)].filter(Boolean).join(", ")} />
      </dl>
      <Waterfall {...steps(lead)} end={lead.ml_score} endText="Score" />
      {may.write && (
        <div class="ways" role="group" aria-label="Was this score right?">
          {said === null ? <><span>Is this score right?</span><button type="button" onClick={() => void rate(true)}>Helpful</button><button type="button" onClick={() => void rate(false)}>Not helpful</button></>
            : <span role="status">Thank you. “{said ? "Helpful" : "Not helpful"}” is kept with the lead.</span>}
        </div>
      )}
    </Card>
  );
}

const shownValue = (v: unknown) => (typeof v === "string" ? v : typeof v === "number" ? number(v) : v == null ? none : JSON.stringify(v));

function Form({ lead }: { lead: Lead }) {
  const source = Object.entries(lead.source ?? {}).filter(([, v]) => v);
  return (
    <Card title="What they wrote">
      <dl class="facts">
        {formOf(lead).map(([name, v]) => <><dt>{words(name)}</dt><dd>{shownValue(v)}</dd></>)}
        <dt>Sent</dt><dd>{moment(lead.created_at)}{lead.listing_id && `, about ${label(lead.listing_id)}`}</dd>
        <dt>Consent</dt><dd>{words(lead.consent || "unknown")}</dd>
        {source.map(([name, v]) => <><dt>{words(name)}</dt><dd>{v}</dd></>)}
      </dl>
    </Card>
  );
}

function Joined({ lead }: { lead: Lead }) {
  if (!lead.inquiries.length) return null;
  return (
    <Card title="The same person">
      <p class="muted">They also wrote these, with the same e-mail address or phone number:</p>
      <ul class="plainlist">{lead.inquiries.map((i) => <li><Inquiry lead={i} /></li>)}</ul>
    </Card>
  );
}

function Inquiry({ lead }: { lead: string }) {
  const other = useGet<Lead>(`/v1/leads/${path(lead)}`).data;
  return <a href={`/app/leads/${path(lead)}`}>{other ? `${moment(other.created_at)}${other.listing_id ? `, ${label(other.listing_id)}` : ""} (${words(other.status)})` : lead}</a>;
}

function StatusChoice({ lead, changed }: { lead: Lead; changed: (l: Lead) => void }) {
  const change = async (status: string) => {
    const before = lead.status;
    changed({ ...lead, status });
    try {
      changed(await send<Lead>("PATCH", `/v1/leads/${path(lead.id)}`, { status }));
      toast(`Status is now ${words(status)}.`, async () => {
        try {
          changed(await send<Lead>("PATCH", `/v1/leads/${path(lead.id)}`, { status: before }));
        } catch (e) {
          complain("It could not be taken back.", e);
        }
      });
    } catch (e) {
      changed({ ...lead, status: before });
      complain("The status is not changed.", e);
    }
  };
  if (!may.write) return <Pill tone="strong">{words(lead.status)}</Pill>;
  const choices = open.includes(lead.status) ? open : [lead.status, ...open];
  return (
    <label class="choice"><span class="unseen">Status</span>
      <select value={lead.status} onChange={(e) => void change(e.currentTarget.value)}>{choices.map((s) => <option value={s}>{words(s)}</option>)}</select>
    </label>
  );
}

function Erase({ lead, close }: { lead: Lead; close: () => void }) {
  const [job, setJob] = useState<Job | null>(null);
  const [error, setError] = useState<unknown>(null);
  const begin = async () => {
    try {
      const { job_id } = await send<{ job_id: string }>("DELETE", query(`/v1/leads/${path(lead.id)}`, { site_id: lead.site_id }));
      setJob({ id: job_id, state: "queued", progress: 0, result: null, error: null });
    } catch (e) {
      setError(e);
    }
  };
  useEvery(job && job.state !== "done" && job.state !== "failed" ? 500 : 0, () => {
    if (job) get<Job>(`/v1/jobs/${path(job.id)}`).then(setJob, setError);
  });
  return (
    <Dialog title={`Erase ${nameOf(lead)}`} close={() => { close(); if (job) go("/app/"); }}>
      <Problem error={error} what="erasure" />
      {!job && <><p>Everything that is known of this person goes: the form, notes, visits. It cannot be undone.</p>
        <p class="ways"><button type="button" onClick={close}>Keep</button><button type="button" class="hot" onClick={() => void begin()}>Erase for good</button></p></>}
      {job && job.state !== "failed" && <Progress label={job.state === "done" ? "Erased" : "Erasing"} value={job.state === "done" ? 1 : job.progress} />}
      {job?.error && <p role="alert">{job.error.message}</p>}
    </Dialog>
  );
}

export default function LeadPage({ id = "" }: { id?: string }) {
  const asked = useGet<Lead>(`/v1/leads/${path(id)}`);
  const lead = asked.data;
  const [dialog, show] = useState<"outcome" | "erase" | null>(null);
  const [version, setVersion] = useState(0); // of the log
  useEvery(15_000, asked.again);
  useKeys([
    { key: "c", does: "Log a call", run: () => lead && may.write && void logContact(lead, "call") },
    { key: "r", does: "Record how it ended", run: () => may.write && show("outcome") },
    { key: "u", does: "Undo", run: undo },
    { key: "b", does: "Back to Today", run: () => go("/app/") },
  ]);
  if (!lead) return <><Heading>Lead</Heading>{asked.error ? <Problem error={asked.error} what="such lead" again={asked.again} /> : <Loading what="the lead" />}</>;
  return <View lead={lead} set={asked.set} dialog={dialog} show={show} version={version} changed={() => { setVersion(version + 1); asked.again(); }} />;
}

function View({ lead, set, dialog, show, version, changed }: {
  lead: Lead; set: (l: Lead) => void; dialog: "outcome" | "erase" | null; show: (d: "outcome" | "erase" | null) => void; version: number; changed: () => void;
}) {
  const story = useStory(lead);
  const o = lead.outcome;
  return (
    <>
      <nav aria-label="Back"><a href="/app/">← Today</a></nav>
      <Heading action={<div class="ways"><StatusChoice lead={lead} changed={set} />{may.write && <button type="button" onClick={() => show("outcome")}>Record how it ended</button>}</div>}>{nameOf(lead)}</Heading>
      <div class="now">
        <p class={lead.activity.online ? "where on" : "where"}>{lead.activity.online && <span class="dot" aria-hidden="true" />}{whereabouts(lead, story)}</p>
        <p class="muted">{`${count(lead.visited_count, "visit")}, ${duration(lead.total_engagement_time)} on the site when they wrote`}</p>
        <p class="action">{lead.ml_recommended_action}</p>
        <Ways lead={lead} />
      </div>
      {o && <p class="ended"><Pill tone="strong">{words(o.outcome)}</Pill> on {o.outcome_date}{o.loss_reason && `, ${words(o.loss_reason).toLowerCase()}`}, {number(o.days_to_close)} days after the form{o.notes && `: ${o.notes}`}</p>}
      <div class="columns">
        <div>
          <Why lead={lead} />
          <Timeline lead={lead} story={story} />
        </div>
        <div>
          <ContactLog lead={lead} version={version} changed={changed} />
          <Form lead={lead} />
          <Joined lead={lead} />
          {may.admin && <p><button type="button" class="quiet" onClick={() => show("erase")}>Erase this person …</button></p>}
        </div>
      </div>
      {dialog === "outcome" && <OutcomeForm lead={lead} close={() => show(null)} done={() => { show(null); changed(); }} />}
      {dialog === "erase" && <Erase lead={lead} close={() => show(null)} />}
    </>
  );
}

