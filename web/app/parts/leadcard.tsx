// A lead as a card: who, why now, what to do. One look of five seconds must do.

import { useRef } from "preact/hooks";
import { contacted, logContact, type Way } from "../contact";
import { ago, chance, count, duration, number, ordinal, signed, words } from "../format";
import { now } from "../hooks";
import { label } from "../listings";
import { may } from "../me";
import { mailOf, nameOf, telOf } from "../person";
import { span, useStory, type Story } from "../visits";
import type { Lead } from "../wire";
import { Pill } from "./basics";
import { Sparkline } from "./charts";

export const leadPath = (lead: Lead) => `/app/leads/${encodeURIComponent(lead.id)}`;

// whereabouts says where the person is, or when they last were here.
export function whereabouts(lead: Lead, story?: Story | null): string {
  const a = lead.activity;
  if (!a.online) return a.last_seen ? `Last on your site ${ago(a.last_seen, now.value)}` : lead.imported ? "Imported, not seen on your site since" : "Never seen on your site";
  if (!a.current_listing) return "On your site now";
  const views = story?.views.get(a.current_listing) ?? 0;
  return `On your site now, ${label(a.current_listing, lead.site_id)}${views > 1 ? ` (${ordinal(views)} view)` : ""}`;
}

const Arrow = ({ by }: { by: number }) => <span aria-hidden="true">{by > 0 ? "▲" : by < 0 ? "▼" : "■"}</span>;

export function ScoreOf({ lead }: { lead: Lead }) {
  const t = lead.activity.trend_7d;
  return (
    <div class="score">
      <span class="value">{number(lead.ml_score)}</span>
      <Pill tone={lead.ml_priority === "high" ? "hot" : lead.ml_priority === "medium" ? "strong" : "plain"}>{words(lead.ml_priority)}</Pill>
      {t != null && <span class="trend"><Arrow by={t} /> {signed(t)} <small>in 7 days</small></span>}
    </div>
  );
}

const pressed: Record<Way, string> = { call: "Called", text: "Texted", email: "E-mailed", showing: "Shown" };

// Ways are the links to call, text and write; pressing one logs it too.
export function Ways({ lead }: { lead: Lead }) {
  const tel = telOf(lead), mail = mailOf(lead);
  const done = contacted.value.get(lead.id);
  if (!may.write) return <p class="muted">Viewers see no contact details.</p>;
  return (
    <div class="ways">
      {done && <span class="done" role="status">✓ {pressed[done]} just now</span>}
      {tel ? <a class={done ? "button" : "button first"} href={`tel:${tel}`} onClick={() => void logContact(lead, "call")}>Call</a>
        : <button type="button" class={done ? "" : "first"} onClick={() => void logContact(lead, "call")}>Log a call</button>}
      {tel && <a class="button" href={`sms:${tel}`} onClick={() => void logContact(lead, "text")}>Text</a>}
      {mail && <a class="button" href={`mailto:${mail}`} onClick={() => void logContact(lead, "email")}>Email</a>}
    </div>
  );
}

const far = 96; // px that a swipe goes

// useSwipe logs a call when the card is swiped to the right by a finger.
function useSwipe(run: () => void) {
  const from = useRef<{ x: number; y: number } | null>(null);
  const move = (e: PointerEvent, el: HTMLElement) => {
    if (!from.current) return;
    const dx = e.clientX - from.current.x;
    if (Math.abs(e.clientY - from.current.y) > Math.max(24, dx / 2)) return end(el, false); // it goes down the page
    el.style.transform = dx > 8 ? `translateX(${Math.min(dx, far + 24)}px)` : "";
    el.classList.toggle("swiped", dx > far);
  };
  const end = (el: HTMLElement, fire: boolean) => {
    if (from.current && fire && el.classList.contains("swiped")) run();
    from.current = null;
    el.style.transform = "";
    el.classList.remove("swiped");
  };
  if (!may.write) return {};
  return {
    onPointerDown: (e: PointerEvent) => { if (e.pointerType === "touch") from.current = { x: e.clientX, y: e.clientY }; },
    onPointerMove: (e: PointerEvent) => move(e, e.currentTarget as HTMLElement),
    onPointerUp: (e: PointerEvent) => end(e.currentTarget as HTMLElement, true),
    onPointerCancel: (e: PointerEvent) => end(e.currentTarget as HTMLElement, false),
  };
}

// topReasons are the three that weigh most, for or against.
export const topReasons = (lead: Lead) => [...lead.reasons].sort((a, b) => Math.abs(b.points) - Math.abs(a.points)).slice(0, 3);

function activeDays(story: Story): string {
  const active = story.days.filter((s) => s > 0).length;
  const sum = story.days.reduce((a, b) => a + b, 0);
  return active ? `On the site on ${active} of the last ${span} days, ${duration(sum)} in all` : `Not on the site in the last ${span} days`;
}

// action is what to do, without why: that stands beside it.
export const action = (lead: Lead) => lead.ml_recommended_action.split(" - ")[0];

export function LeadCard({ lead }: { lead: Lead }) {
  const story = useStory(lead);
  const swipe = useSwipe(() => void logContact(lead, "call"));
  const reasons = topReasons(lead);
  return (
    <article class={lead.activity.online ? "lead online" : "lead"} data-lead={lead.id} {...swipe}>
      <div class="who">
        <h3><a class="name" href={leadPath(lead)}>{nameOf(lead)}</a></h3>
        <p class="where">{lead.activity.online && <span class="dot" aria-hidden="true" />}{whereabouts(lead, story)}</p>
        <p class="muted">
          {lead.listing_id ? `Asked about ${label(lead.listing_id, lead.site_id)} ` : "Sent a form "}
          {ago(lead.created_at, now.value)}{lead.status !== "new" && `, ${words(lead.status).toLowerCase()}`}
        </p>
      </div>
      <ScoreOf lead={lead} />
      <ul class="reasons">
        {reasons.map((r) => <li><span class="points">{signed(r.points)}</span> {r.text}</li>)}
        {!reasons.length && <li class="muted">Nothing is known of what they did on the site.</li>}
      </ul>
      <div class="days">
        {story && <><Sparkline values={story.days} says={activeDays(story)} /><small class="muted">14 days</small></>}
      </div>
      <div class="do">
        <p class="action">{action(lead)}</p>
        <p class="muted">Closes: {chance(lead.conversion_probability, lead.assumed ? null : lead.base_rate)}{lead.assumed && " (assumed until deals are recorded)"}</p>
        <Ways lead={lead} />
      </div>
    </article>
  );
}

// LeadRow is a lead in a long list.
export function LeadRow({ lead, at, of }: { lead: Lead; at: number; of: number }) {
  const done = contacted.value.get(lead.id);
  const t = lead.activity.trend_7d;
  return (
    <li class={lead.activity.online ? "leadrow online" : "leadrow"} data-lead={lead.id} aria-posinset={at + 1} aria-setsize={of}>
      <span class="value">{number(lead.ml_score)}</span>
      <span class="who">
        <a class="name" href={leadPath(lead)}>{nameOf(lead)}</a>
        <small class="where">{lead.activity.online && <span class="dot" aria-hidden="true" />}{whereabouts(lead)}</small>
      </span>
      <span class="why">{topReasons(lead)[0]?.text ?? count(lead.visited_count, "visit")}</span>
      <span class="trend">{t != null && <><Arrow by={t} /> {signed(t)}</>}</span>
      <span class="state">{done ? `✓ ${pressed[done]}` : words(lead.status)}</span>
      <span class="priority"><Pill tone={lead.ml_priority === "high" ? "hot" : lead.ml_priority === "medium" ? "strong" : "plain"}>{words(lead.ml_priority)}</Pill></span>
      {may.write && <button type="button" class="log" onClick={() => void logContact(lead, "call")} aria-label={`Log call to ${nameOf(lead)}`}>Log call</button>}
    </li>
  );
}

