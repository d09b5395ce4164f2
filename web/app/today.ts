// What the page Today shows, and how it changes: rows that are shown keep their places; what is new waits until it is asked
// for.

import { batch, computed, signal } from "@preact/signals";
import { announce } from "./announce";
import { get, query } from "./api";
import { count } from "./format";
import type { Message } from "./live";
import { nameOf } from "./person";
import type { Lead, Page, Visitor } from "./wire";

type Leads = Page<"leads", Lead>;

export interface Filter {
  priority: string;
  status: string;
  sort: string;
  profile: string;
  find: string;
}

const firstCalls = 8; // cards at first, and more each time
const firstHere = 4; // leads that are looked at first for who is on the site
const firstRows = 50;
const pageSize = 100;
const recent = 20; // leads that are looked at later for who is on the site

export const online = signal<Lead[]>([]);
export const calls = signal<Lead[]>([]);
export const moreCalls = signal<string | null>(null);
export const rest = signal<Lead[]>([]);
export const cursor = signal<string | null>(null);
export const begun = signal(false); // the cards are there
export const loaded = signal(false); // and so are the rows
export const trouble = signal<unknown>(null);
export const visitors = signal<number | null>(null); // on the site now, with those who are no lead
export const fresh = signal<ReadonlySet<string>>(new Set()); // what has come since the rows were laid out
export const filter = signal<Filter>({ priority: "", status: "", sort: "ml_score", profile: "", find: "" });

export const filtered = computed(() => {
  const f = filter.value;
  return !!(f.priority || f.status || f.profile || f.find);
});

// rows are the leads below the cards.
export const rows = computed(() => {
  const above = new Set(filtered.value ? [] : [...online.value, ...calls.value].map((l) => l.id));
  return rest.value.filter((l) => !above.has(l.id));
});

// shown are all leads of the page in their order, for the keys.
export const shown = computed(() => (filtered.value ? rows.value : [...online.value, ...calls.value, ...rows.value]));

const asking = (f: Filter, extra: Record<string, string | number | null>) =>
  query("/v1/leads", { priority: f.priority, status: f.status, profile_id: f.profile, sort: f.sort, q: f.find, ...extra });

const callable = (extra: Record<string, string | number | null>) =>
  query("/v1/leads", { priority: "high", status: "new", sort: "ml_score", ...extra });

let generation = 0; // of the rows; answers for older ones are dropped
let since = ""; // when the newest lead came that was there when the rows were laid out
let lately: Leads = { leads: [], next_cursor: null }; // the leads that were seen last
let seenAs = ""; // who was on the site when it was last asked which leads are

const nobody: Leads = { leads: [], next_cursor: null };

// asHere are the leads that are on the site. To find them costs the server more than to say whether anybody is, so that is
// asked first.
async function asHere(): Promise<Leads | null> {
  const page = await get<Page<"visitors", Visitor>>("/v1/visitors?active=5m&limit=1000");
  visitors.value = page.visitors.length;
  const as = page.visitors.map((v) => `${v.visitor_id ?? v.sessions[0]?.session_id} ${v.last_visit}`).sort().join();
  if (as === seenAs) return null; // nothing has changed
  seenAs = as;
  return as ? get<Leads>(query("/v1/leads", { sort: "activity", limit: recent })) : nobody;
}

// showHere puts the leads that are on the site above all others, those first who are likeliest to close.
function showHere(seen: Leads) {
  lately = seen;
  online.value = seen.leads.filter((l) => l.activity.online).sort((a, b) => b.ml_score - a.ml_score);
  const here = new Set(online.value.map((l) => l.id));
  calls.value = calls.value.filter((l) => !here.has(l.id));
}

// painted waits until what was changed is seen.
const painted = () => new Promise<void>((done) => requestAnimationFrame(() => setTimeout(done)));

// firstScreen asks for the cards. The page's document has the browser ask for the same while the scripts are still loading
// (api/app.go), so that the two paths must be written as they are there.
async function firstScreen(mine: number) {
  let [seen, call] = await Promise.all([
    get<Leads>(query("/v1/leads", { sort: "activity", limit: firstHere })),
    get<Leads>(callable({ limit: firstCalls })),
  ]);
  if (seen.leads.length === firstHere && seen.leads.every((l) => l.activity.online)) seen = await get<Leads>(query("/v1/leads", { sort: "activity", limit: recent }));
  if (mine !== generation) return;
  batch(() => {
    calls.value = call.leads;
    moreCalls.value = call.next_cursor;
    showHere(seen);
    begun.value = true;
  });
  if (!loaded.value) await painted();
}

// load lays the page out anew: the first screen, then the rest.
export async function load() {
  const mine = ++generation;
  trouble.value = null;
  try {
    const f = filter.value;
    if (!filtered.value) await firstScreen(mine);
    if (mine !== generation) return;
    const [newest, first, here] = await Promise.all([
      get<Leads>(query("/v1/leads", { sort: "created_at", limit: 1 })),
      get<Leads>(asking(f, { limit: firstRows })),
      get<Page<"visitors", Visitor>>("/v1/visitors?active=5m&limit=1000"),
    ]);
    if (mine !== generation) return;
    batch(() => {
      since = newest.leads[0]?.created_at ?? "";
      rest.value = first.leads;
      cursor.value = first.next_cursor;
      visitors.value = here.visitors.length;
      seenAs = "?"; // some may have come since it was asked which leads are here
      fresh.value = new Set();
      loaded.value = true;
    });
  } catch (e) {
    if (mine === generation) trouble.value = e;
  }
}

let loadingMore = false;

// loadMore adds the next page of rows.
export async function loadMore() {
  if (loadingMore || !cursor.value) return;
  loadingMore = true;
  const mine = generation;
  try {
    const page = await get<Leads>(asking(filter.value, { limit: pageSize, cursor: cursor.value }));
    if (mine !== generation) return;
    const known = new Set(rest.value.map((l) => l.id));
    rest.value = [...rest.value, ...page.leads.filter((l) => !known.has(l.id))];
    cursor.value = page.next_cursor;
  } catch (e) {
    if (mine === generation) trouble.value = e;
  } finally {
    loadingMore = false;
  }
}

let typing = 0;

// find looks for leads once somebody pauses typing.
export function find(what: string) {
  clearTimeout(typing);
  typing = setTimeout(() => what.trim() !== filter.value.find && narrow({ find: what.trim() }), 200);
}

// narrow changes what the server is asked for.
export function narrow(change: Partial<Filter>) {
  filter.value = { ...filter.value, ...change };
  void load();
}

export async function addCalls() {
  if (!moreCalls.value) return;
  try {
    const page = await get<Leads>(callable({ limit: firstCalls, cursor: moreCalls.value }));
    const known = new Set([...online.value, ...calls.value].map((l) => l.id));
    calls.value = [...calls.value, ...page.leads.filter((l) => !known.has(l.id))];
    moreCalls.value = page.next_cursor;
  } catch (e) {
    trouble.value = e;
  }
}

const replace = (list: Lead[], by: ReadonlyMap<string, Lead>) =>
  list.some((l) => by.has(l.id)) ? list.map((l) => by.get(l.id) ?? l) : list;

// refresh looks who is online and what has come in. Leads that are shown change in their places; others are counted.
export async function refresh() {
  if (!loaded.value) return;
  const mine = generation;
  try {
    const [here, newest] = await Promise.all([asHere(), get<Leads>(query("/v1/leads", { sort: "created_at", limit: recent }))]);
    if (mine !== generation) return;
    if (here) lately = here;
    const seen = lately;
    if (!shown.value.length && !filtered.value && newest.leads.length) return void load(); // nothing can jump
    const now = new Map([...newest.leads, ...seen.leads].map((l) => [l.id, l]));
    const known = new Set([...online.value, ...calls.value, ...rest.value].map((l) => l.id));
    const cards = new Set(online.value.map((l) => l.id));
    for (const l of online.value) if (!now.has(l.id)) now.set(l.id, { ...l, activity: { ...l.activity, online: false } });
    online.value = replace(online.value, now);
    calls.value = replace(calls.value, now);
    rest.value = replace(rest.value, now);
    const come = new Set(seen.leads.filter((l) => l.activity.online && !cards.has(l.id)).map((l) => l.id));
    for (const l of newest.leads) if (!known.has(l.id) && l.created_at > since) come.add(l.id);
    for (const l of calls.value) come.delete(l.id);
    if (come.size > fresh.value.size) {
      const names = seen.leads.filter((l) => come.has(l.id)).slice(0, 2).map(nameOf);
      announce(`${count(come.size, "person", "people")} new${names.length ? `: ${names.join(", ")}` : ""}.`);
    }
    if (!filtered.value) fresh.value = come;
  } catch {
    // the next time
  }
}

let soon = 0;
let heard = 0;
const apart = 3000; // ms between two looks, however much happens

// hear takes what the stream tells: something of a lead, or of a session that may be a lead's.
export function hear(m: Message) {
  if (m.kind === "hot" && typeof m.data.sentence === "string") announce(m.data.sentence);
  soon ||= setTimeout(() => {
    soon = 0;
    heard = Date.now();
    void refresh();
  }, Math.max(200, heard + apart - Date.now()));
}
