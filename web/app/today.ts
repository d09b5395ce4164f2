// What the page Today shows, and how it changes: rows that are shown keep their places; what is new waits until it is asked
// for.

import { computed, signal } from "@preact/signals";
import { announce } from "./announce";
import { get, query } from "./api";
import { count } from "./format";
import type { Message } from "./live";
import { finder, nameOf } from "./person";
import { label } from "./listings";
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
const firstRows = 50;
const pageSize = 100;
const searchSize = 1000;
const patience = 150; // ms for which the page waits to know who is on the site
const recent = 20; // leads that are looked at for who is online

export const online = signal<Lead[]>([]);
export const calls = signal<Lead[]>([]);
export const moreCalls = signal<string | null>(null);
export const rest = signal<Lead[]>([]);
export const cursor = signal<string | null>(null);
export const loaded = signal(false);
export const trouble = signal<unknown>(null);
export const searching = signal(false);
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
  const find = filter.value.find.trim();
  const meant = find ? finder(find, label) : () => true;
  return rest.value.filter((l) => !above.has(l.id) && meant(l));
});

// shown are all leads of the page in their order, for the keys.
export const shown = computed(() => (filtered.value ? rows.value : [...online.value, ...calls.value, ...rows.value]));

const asking = (f: Filter, extra: Record<string, string | number | null>) =>
  query("/v1/leads", { priority: f.priority, status: f.status, profile_id: f.profile, sort: f.sort, ...extra });

const callable = (extra: Record<string, string | number | null>) =>
  query("/v1/leads", { priority: "high", status: "new", sort: "ml_score", ...extra });

let generation = 0; // of the rows; answers for older ones are dropped
let since = ""; // when the newest lead came that was there when the rows were laid out
let lately: Leads = { leads: [], next_cursor: null }; // the leads that were seen last
let seenAs = ""; // who was on the site when it was last asked which leads are

const nobody: Leads = { leads: [], next_cursor: null };

// asHere are the leads that are on the site. To find them costs the server more than to say whether anybody is, so that is
// asked first.
async function asHere(again: boolean): Promise<Leads | null> {
  const page = await get<Page<"visitors", Visitor>>("/v1/visitors?active=5m&limit=1000");
  visitors.value = page.visitors.length;
  const as = page.visitors.map((v) => `${v.visitor_id ?? v.sessions[0]?.session_id} ${v.last_visit}`).sort().join();
  if (as === seenAs && !again) return null; // nothing has changed
  seenAs = as;
  return as ? get<Leads>(query("/v1/leads", { sort: "activity", limit: recent })) : nobody;
}

// showHere puts the leads that are on the site above all others.
function showHere(seen: Leads) {
  lately = seen;
  online.value = seen.leads.filter((l) => l.activity.online);
  const here = new Set(online.value.map((l) => l.id));
  calls.value = calls.value.filter((l) => !here.has(l.id));
}

// untouched says whether nobody has begun to work with the rows, so that they may still move.
const untouched = () => scrollY < 8 && !document.activeElement?.closest("[data-lead]");

// load lays the page out anew.
export async function load() {
  const mine = ++generation;
  trouble.value = null;
  try {
    const f = filter.value;
    const plain = !(f.priority || f.status || f.profile || f.find);
    const looking = plain ? asHere(true) : null;
    const [newest, call, first] = await Promise.all([
      get<Leads>(query("/v1/leads", { sort: "created_at", limit: 1 })),
      plain ? get<Leads>(callable({ limit: firstCalls })) : null,
      get<Leads>(asking(f, { limit: firstRows })),
    ]);
    const seen = await Promise.race([looking, new Promise<null>((done) => setTimeout(done, patience, null))]);
    if (mine !== generation) return;
    since = newest.leads[0]?.created_at ?? "";
    if (call) {
      calls.value = call.leads;
      moreCalls.value = call.next_cursor;
      online.value = [];
      if (seen) showHere(seen);
      else looking?.then((late) => mine === generation && late && (untouched() ? showHere(late) : (seenAs = "")), () => {});
    }
    rest.value = first.leads;
    cursor.value = first.next_cursor;
    fresh.value = new Set();
    loaded.value = true;
    if (f.find) void loadAll();
  } catch (e) {
    if (mine === generation) trouble.value = e;
  }
}

let loadingMore = false;

// loadMore adds the next page of rows.
export async function loadMore(size = pageSize) {
  if (loadingMore || !cursor.value) return;
  loadingMore = true;
  const mine = generation;
  try {
    const page = await get<Leads>(asking(filter.value, { limit: size, cursor: cursor.value }));
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

// loadAll loads every row: the server does not search for names.
async function loadAll() {
  searching.value = true;
  const mine = generation;
  while (cursor.value && mine === generation && !trouble.value) await loadMore(searchSize);
  if (mine === generation) searching.value = false;
}

let typing = 0;

// find looks through the leads once somebody pauses typing.
export function find(what: string) {
  clearTimeout(typing);
  typing = setTimeout(() => {
    filter.value = { ...filter.value, find: what };
    if (what && cursor.value && !searching.value) void loadAll();
  }, 150);
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
    const [here, newest] = await Promise.all([asHere(false), get<Leads>(query("/v1/leads", { sort: "created_at", limit: recent }))]);
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
