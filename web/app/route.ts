// Where the user is. Every page has an address under /app/, which can be opened, reloaded and sent to a colleague.

import { signal } from "@preact/signals";

const base = "/app/";
const remembered = "footfall:next";

const here = () => location.pathname + location.search;

export const address = signal(here());

addEventListener("popstate", () => (address.value = here()));

// go shows another page of the dashboard.
export function go(to: string) {
  if (to === here()) return;
  history.pushState(null, "", to);
  address.value = here();
  scrollTo(0, 0);
}

// amend changes the address of the page that is shown, without a step to go back to.
export function amend(to: string) {
  history.replaceState(null, "", to);
  address.value = here();
}

// The browser loads what is no page of the dashboard, and what is opened in another tab.
document.addEventListener("click", (e) => {
  const a = (e.target as Element).closest?.("a");
  if (!a || e.defaultPrevented || e.button || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
  if (a.origin !== location.origin || !a.pathname.startsWith(base) || a.target || a.hasAttribute("data-reload")) return;
  if (a.hash && a.pathname === location.pathname) return; // within the page
  e.preventDefault();
  go(a.pathname + a.search);
});

// signIn leaves for the page on which people sign in, and remembers where to go on.
export function signIn() {
  sessionStorage.setItem(remembered, here());
  location.assign(base + "sign-in");
}

// resume goes on where somebody was before they had to sign in again.
export function resume() {
  const next = sessionStorage.getItem(remembered);
  sessionStorage.removeItem(remembered);
  if (next?.startsWith(base) && location.pathname === base) amend(next);
}

// segments are the parts of an address behind /app/, decoded.
export function segments(of: string): string[] {
  return of.split("?")[0]!.slice(base.length).split("/").filter(Boolean).map((s) => {
    try {
      return decodeURIComponent(s);
    } catch {
      return s;
    }
  });
}

export const parameter = (name: string) => new URLSearchParams(address.value.split("?")[1] ?? "").get(name) ?? "";
