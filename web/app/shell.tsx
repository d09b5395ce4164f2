// The frame around every page: where one can go, who is signed in, what is wrong, what was just done.

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { announced } from "./announce";
import { back, get, lost } from "./api";
import { useInView } from "./hooks";
import { help, shortcuts } from "./keys";
import { may, me } from "./me";
import { Loading } from "./parts/basics";
import { Dialog } from "./parts/dialog";
import { Toasts } from "./parts/toast";
import Today from "./pages/today";
import { address, segments } from "./route";

interface Place {
  path: string; // the first segment
  name: string;
  admin?: boolean;
  hidden?: boolean; // is reached from another page
  load: () => Promise<{ default: ComponentType<{ id?: string }> }>;
}

// places are the pages, in the order of their worth to an agent. Each is one file in pages, loaded when it is opened.
const places: Place[] = [
  { path: "", name: "Today", load: async () => ({ default: Today }) },
  { path: "leads", name: "Lead", hidden: true, load: () => import("./pages/lead") },
  { path: "live", name: "Live", load: () => import("./pages/live") },
  { path: "listings", name: "Listings", load: () => import("./pages/listings") },
  { path: "performance", name: "Performance", load: () => import("./pages/performance") },
  { path: "market", name: "Market", load: () => import("./pages/market") },
  { path: "setup", name: "Setup", admin: true, load: () => import("./pages/setup") },
  { path: "brokerage", name: "Brokerage", admin: true, load: () => import("./pages/brokerage") },
  { path: "model", name: "Model", load: () => import("./pages/model") },
];

const linked = places.filter((p) => !p.hidden && (!p.admin || may.admin));

function Links({ current }: { current: string }) {
  const at = useInView(current);
  return <>{linked.map((p) => <a href={`/app/${p.path}`} aria-current={p.path === current ? "page" : undefined} ref={p.path === current ? at : undefined}>{p.name}</a>)}</>;
}

function Account() {
  return (
    <>
      <button type="button" class="quiet account" popovertarget="account" aria-label="Account">{(me.name || me.email || "?").charAt(0).toUpperCase()}</button>
      <div id="account" popover="auto" class="menu">
        <p>Signed in as {me.name && `${me.name}, `}{me.email} ({me.role}).</p>
        <p><button type="button" onClick={() => { document.getElementById("account")?.hidePopover(); help.value = true; }}>Keyboard shortcuts</button></p>
        <form method="post" action="/app/sign-out"><button>Sign out</button></form>
      </div>
    </>
  );
}

function Help() {
  if (!help.value) return null;
  const all = [...shortcuts.value, { key: "?", does: "This overview" }];
  return (
    <Dialog title="Keys of this page" close={() => (help.value = false)}>
      <dl class="keys">{all.map((s) => <div><dt><kbd>{s.key}</kbd></dt><dd>{s.does}</dd></div>)}</dl>
    </Dialog>
  );
}

function Nowhere() {
  return <><h1>There is no such page</h1><p><a href="/app/">Go to Today</a></p></>;
}

// reloaded remembers that a page was not to be had, perhaps because the server has a newer dashboard, and that everything
// was loaded anew for it.
const reloaded = "footfall:reloaded";

// Once the first page is there the others are fetched, so that opening one takes no time, and no connection.
setTimeout(() => linked.forEach((p) => void p.load().catch(() => {})), 1500);

function useView(place: Place | undefined): ComponentType<{ id?: string }> | null {
  const [view, set] = useState<{ place?: Place; is: ComponentType<{ id?: string }> } | null>(place === places[0] ? { place, is: Today } : null);
  const came = back.value;
  useEffect(() => {
    if (!place) return set({ place, is: Nowhere });
    let gone = false;
    place.load().then((m) => {
      sessionStorage.removeItem(reloaded);
      if (!gone) set({ place, is: m.default });
    }, async () => {
      await get("/v1/me").catch(() => {}); // is it the connection?
      if (gone || lost.value || sessionStorage.getItem(reloaded)) return;
      sessionStorage.setItem(reloaded, "1");
      location.reload();
    });
    return () => void (gone = true);
  }, [place, came]);
  return view && view.place === place ? view.is : null;
}

export function Shell() {
  const [first = "", id] = segments(address.value);
  const place = places.find((p) => p.path === first && (!p.admin || may.admin));
  const View = useView(place);
  return (
    <>
      <a class="skip" href="#page">To the page</a>
      <header class="top">
        <a class="mark" href="/app/" aria-label="Footfall, Today"><svg viewBox="0 0 20 20" aria-hidden="true"><path d="M4 17V9M10 17V3M16 17v-5" /></svg><span>Footfall</span></a>
        <nav aria-label="Pages"><Links current={first} /></nav>
        <Account />
      </header>
      {lost.value && <div class="lost" role="alert">Connection lost. What you see may be old; Footfall tries again by itself.</div>}
      <main id="page" key={first + (id ?? "")}>{View ? <View id={id} /> : <><h1>{place?.name}</h1><Loading what="the page" /></>}</main>
      <Toasts />
      <Help />
      <div class="unseen" aria-live="polite">{announced.value}</div>
    </>
  );
}
