// What a person did on the site lately, told by their sessions. Cards ask for it when they are seen, a few at a time.

import { useEffect, useState } from "preact/hooks";
import { get, id, query } from "./api";
import { isoDay } from "./format";
import type { Lead, Session, TimelineEvent, Visitor } from "./wire";

export interface Story {
  sessions: Session[];
  days: number[]; // seconds on the site, of 14 days, today last
  views: Map<string, number>; // of each listing, in the newest sessions
}

export const span = 14; // days
export const newest = 8; // sessions whose timelines are counted and shown
const atOnce = 3;
const fresh = 30_000; // ms

const cache = new Map<string, { at: number; story: Promise<Story> }>();
const queue: (() => void)[] = [];
let running = 0;

async function inTurn<T>(f: () => Promise<T>): Promise<T> {
  if (running >= atOnce) await new Promise<void>((go) => queue.push(go));
  running++;
  try {
    return await f();
  } finally {
    running--;
    queue.shift()?.();
  }
}

// perDay adds up the time of sessions by the day on which they began.
export function perDay(sessions: Session[], today = new Date()): number[] {
  const days = Array.from({ length: span }, (_, i) => {
    const d = new Date(today);
    d.setDate(d.getDate() - (span - 1 - i));
    return isoDay(d);
  });
  const sums = days.map(() => 0);
  for (const s of sessions) {
    const i = days.indexOf(isoDay(new Date(s.first_visit)));
    if (i >= 0) sums[i]! += Math.max(1, s.total_duration_seconds);
  }
  return sums;
}

// eventsOf is the timeline of a session, as far as a page of it goes.
export const eventsOf = async (s: Session) =>
  (await get<{ events: TimelineEvent[] }>(query(`/v1/sessions/${id(s.session_id)}/events`, { limit: 1000, site_id: s.site_id }))).events;

// viewsOf counts the views of each listing. A repeat on one page is the same view, as the server counts it.
export function viewsOf(events: TimelineEvent[]): Map<string, number> {
  const views = new Map<string, number>(), seen = new Set<string>();
  for (const e of events) {
    if (e.event_type !== "property_view" || !e.listing_id) continue;
    const view = `${e.page_id} ${e.listing_id}`;
    if (e.page_id && seen.has(view)) continue;
    seen.add(view);
    views.set(e.listing_id, (views.get(e.listing_id) ?? 0) + 1);
  }
  return views;
}

async function load(lead: Lead, withViews: boolean): Promise<Story> {
  const on = { site_id: lead.site_id }; // browsers chose these ids: another site may know them too
  let sessions: Session[] = [];
  if (lead.visitor_id) sessions = (await get<Visitor>(query(`/v1/visitors/${id(lead.visitor_id)}`, on))).sessions;
  else if (lead.session_id) sessions = [await get<Session>(query(`/v1/sessions/${id(lead.session_id)}`, on))];
  const events: TimelineEvent[] = [];
  if (withViews) for (const s of sessions.slice(0, newest)) events.push(...await eventsOf(s));
  return { sessions, days: perDay(sessions), views: viewsOf(events) };
}

// useStory returns the story of a lead, undefined until it is known, null if there is none.
export function useStory(lead: Lead): Story | null | undefined {
  const [story, set] = useState<Story | null>();
  const online = lead.activity.online;
  const key = `${lead.site_id} ${lead.visitor_id ?? lead.session_id ?? ""} ${online ? lead.activity.last_seen : ""}`;
  useEffect(() => {
    if (!lead.visitor_id && !lead.session_id) return set(null);
    let gone = false;
    let entry = cache.get(key);
    if (!entry || Date.now() - entry.at > fresh) {
      entry = { at: Date.now(), story: inTurn(() => load(lead, online)) };
      cache.set(key, entry);
      if (cache.size > 500) cache.delete(cache.keys().next().value!);
    }
    entry.story.then((s) => gone || set(s), () => gone || set(null));
    return () => void (gone = true);
  }, [key]);
  return story;
}
