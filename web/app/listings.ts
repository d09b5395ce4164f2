// The names of listings. Where the catalog does not know one, or there is none, its id is its name.

import { signal } from "@preact/signals";
import { get, query } from "./api";
import type { Listing, Page } from "./wire";

const most = 10_000; // names that are kept

export const catalog = signal<ReadonlyMap<string, Listing>>(new Map());

let asked = false;

async function load() {
  const all = new Map<string, Listing>();
  let cursor: string | null = null;
  try {
    do {
      const page: Page<"listings", Listing> = await get(query("/v1/listings", { limit: 1000, cursor }));
      for (const l of page.listings) {
        all.set(l.id, l);
        all.set(`${l.site_id} ${l.id}`, l); // several sites may have one of this id
      }
      cursor = page.next_cursor;
      catalog.value = new Map(all);
    } while (cursor && all.size < 2 * most);
  } catch {
    // ids are shown instead
  }
}

// home returns what is known of a listing, of a site if that is known.
export function home(id: string, site?: number): Listing | undefined {
  if (!asked) {
    asked = true;
    setTimeout(load, 300); // after what the page itself asks for
  }
  return catalog.value.get(`${site} ${id}`) ?? (site ? undefined : catalog.value.get(id));
}

export const label = (id: string | null | undefined, site?: number) => (id ? home(id, site)?.address || id : "");
