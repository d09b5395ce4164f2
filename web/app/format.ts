// Every number, time and amount that is shown goes through here, so that one thing is written one way everywhere.

const locale = navigator.language || "en";
const nbsp = "\u00a0";

const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
const shares = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 });
const amounts = new Intl.NumberFormat(locale, { style: "currency", currency: "USD", maximumFractionDigits: 0 });
const shortAmounts = new Intl.NumberFormat(locale, { style: "currency", currency: "USD", notation: "compact", maximumFractionDigits: 1 });
const days = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric" });
const shortDays = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" });
const weekdays = new Intl.DateTimeFormat(locale, { weekday: "short", day: "numeric", month: "short" });
const shortMonths = new Intl.DateTimeFormat(locale, { month: "short", timeZone: "UTC" });
const months = new Intl.DateTimeFormat(locale, { month: "long", year: "numeric", timeZone: "UTC" });
const moments = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
const clocks = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" });
const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
const plurals = new Intl.PluralRules("en"); // of the words, which are English
const ordinals = new Intl.PluralRules("en", { type: "ordinal" });
const lists = new Intl.ListFormat("en", { type: "conjunction" });

export const none = "–"; // for what is not known

type Maybe = number | null | undefined;

export const number = (n: Maybe) => (n == null ? none : (Number.isInteger(n) ? whole : fine).format(n));
export const decimal = (n: Maybe) => (n == null ? none : fine.format(n));
export const percent = (share: Maybe) => (share == null ? none : shares.format(share));
export const money = (n: Maybe) => (n == null ? none : amounts.format(n));
export const shortMoney = (n: Maybe) => (n == null ? none : shortAmounts.format(n));

// three is a number between 0 and 1 of which three digits count, such as an AUC: .822.
export const three = (n: Maybe) => (n == null ? none : n.toFixed(3).replace(/^0/, ""));

// signed is a number that adds: +9, −3.
export const signed = (n: number) => (n > 0 ? "+" : n < 0 ? "−" : "±") + number(Math.abs(n));

// count is a number of things: 1 lead, 2 leads.
export const count = (n: number, one: string, many = one + "s") => `${number(n)} ${plurals.select(n) === "one" ? one : many}`;

export function ordinal(n: number): string {
  const suffix: Record<string, string> = { one: "st", two: "nd", few: "rd" };
  return n + (suffix[ordinals.select(n)] ?? "th");
}

export const list = (items: string[]) => lists.format(items);

// chance is a probability as people count: about 1 in 12. With the average it says how it compares.
export function chance(p: Maybe, average?: number | null): string {
  if (p == null) return none;
  const compared = besideAverage(p, average);
  return compared ? `${odds(p)}, ${compared}` : odds(p);
}

export function odds(p: Maybe): string {
  if (p == null) return none;
  if (p >= 0.95) return "almost certain";
  if (p >= 0.4) return `about ${whole.format(p * 10)} in 10`;
  return p >= 0.0005 ? `about 1 in ${whole.format(roundOdds(1 / p))}` : "almost none";
}

// besideAverage says how a probability compares, "" where there is no average.
export function besideAverage(p: Maybe, average?: number | null): string {
  if (p == null || average == null || average <= 0) return "";
  const times = p / average;
  if (times >= 1.5) return `${times < 10 ? fine.format(Math.round(times * 2) / 2) : whole.format(times)} times your average`;
  return times <= 0.67 ? "below your average" : "about your average";
}

// roundOdds keeps two digits: 1 in 137 says more than is known.
function roundOdds(odds: number): number {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(odds)) - 1);
  return Math.round(odds / step) * step;
}

// duration of seconds, in the two largest units.
export function duration(s: Maybe): string {
  if (s == null) return none;
  if (s < 60) return `${whole.format(s)}${nbsp}s`;
  const minutes = Math.round(s / 60);
  if (minutes < 60) return `${minutes}${nbsp}min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? `${hours}${nbsp}h ${minutes % 60}${nbsp}min` : `${hours}${nbsp}h`;
  return count(Math.round(hours / 24), "day");
}

type When = string | number | Date | null | undefined;

const date = (t: When) => (t == null || t === "" ? null : new Date(t));

export const day = (t: When) => { const d = date(t); return d ? days.format(d) : none; };
export const shortDay = (t: When) => { const d = date(t); return d ? shortDays.format(d) : none; };
export const weekday = (t: When) => { const d = date(t); return d ? weekdays.format(d) : none; };
export const month = (t: When) => { const d = date(t); return d ? months.format(d) : none; };
export const shortMonth = (t: When) => { const d = date(t); return d ? shortMonths.format(d) : none; };
export const moment = (t: When) => { const d = date(t); return d ? moments.format(d) : none; };
export const clock = (t: When) => { const d = date(t); return d ? clocks.format(d) : none; };

// ago is how long something is past, as of now: 3 minutes ago, yesterday.
export function ago(t: When, now = Date.now()): string {
  const d = date(t);
  if (!d) return "never";
  const s = (d.getTime() - now) / 1000;
  if (Math.abs(s) < 45) return "just now";
  for (const [unit, size, until] of [["minute", 60, 3600], ["hour", 3600, 86400], ["day", 86400, 30 * 86400], ["month", 30 * 86400, 365 * 86400]] as const) {
    if (Math.abs(s) < until) return relative.format(Math.round(s / size), unit);
  }
  return relative.format(Math.round(s / (365 * 86400)), "year");
}

// words makes a name of the wire readable: closed_won, photo_gallery_open.
export function words(name: string): string {
  const s = name.replaceAll("_", " ").trim();
  return s.charAt(0).toUpperCase() + s.slice(1);
}

// isoDay is a local day as the wire has it.
export function isoDay(t: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())}`;
}
