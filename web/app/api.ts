// The one way to the server: JSON over the session's cookie. What can be repeated without harm is repeated while the
// connection is lost or the server is busy; `lost` says so to the page, and `back` counts the times that it came back.

import { signal } from "@preact/signals";
import { signIn } from "./route";

export const lost = signal(false);
export const back = signal(0);

// Failure is an answer that is no success, in the server's own words. Status 0: there was none.
export class Failure extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly field = "",
  ) {
    super(message);
  }
}

// absent says whether the server does not have what was asked for, which may be a whole feature.
export const absent = (e: unknown) => e instanceof Failure && (e.status === 404 || e.status === 501);

const pauses = [400, 1500]; // ms between tries

const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));

async function failure(res: Response): Promise<Failure> {
  let code = "", message = "", field = "";
  try {
    ({ code = "", message = "", field = "" } = (await res.json()).error ?? {});
  } catch {
    // what stands between us and the server answered in its own way
  }
  return new Failure(res.status, code, message || `The server answered ${res.status}. Try again in a moment.`, field);
}

let probing = false;

// noteLost says that the server is not reached, and asks until it is.
async function noteLost() {
  lost.value = true;
  if (probing) return;
  probing = true;
  for (let wait = 500; ; wait = Math.min(wait * 2, 10_000)) {
    await sleep(wait);
    try {
      const res = await fetch("/v1/me", { cache: "no-store" });
      if (res.status >= 500) continue;
      if (res.status === 401) signIn();
      break;
    } catch {
      // still lost
    }
  }
  probing = false;
  lost.value = false;
  back.value++;
}

addEventListener("offline", () => void noteLost());

export interface Call {
  body?: unknown;
  signal?: AbortSignal;
  accept?: string;
  once?: boolean; // is not repeated
}

// open sends a request and returns its answer, if that is a success.
export async function open(method: string, path: string, call: Call = {}): Promise<Response> {
  const headers: Record<string, string> = { Accept: call.accept ?? "application/json" };
  if (call.body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET") headers["Idempotency-Key"] = crypto.randomUUID();
  for (let tries = 0; ; tries++) {
    const last = call.once || tries >= pauses.length;
    let res: Response;
    try {
      res = await fetch(path, {
        method,
        headers,
        body: call.body === undefined ? undefined : JSON.stringify(call.body),
        signal: call.signal,
      });
    } catch (e) {
      if (call.signal?.aborted) throw e;
      if (last) {
        void noteLost();
        throw new Failure(0, "unreachable", "The server cannot be reached. What is shown may be old.");
      }
      await sleep(pauses[tries]!);
      continue;
    }
    if (res.ok) return res;
    if (res.status === 401) signIn();
    if (last || (res.status !== 429 && res.status !== 503)) throw await failure(res);
    const after = Number(res.headers.get("Retry-After"));
    await sleep(after > 0 ? Math.min(after, 10) * 1000 : pauses[tries]!);
  }
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await open("GET", path, { signal })).json();
}

// send changes something. Calls with an Idempotency-Key of theirs are repeated, others are made once.
export async function send<T = void>(method: "POST" | "PATCH" | "DELETE", path: string, body?: unknown): Promise<T> {
  const repeatable = method !== "POST" || /\/(activities|outcome|feedback)$/.test(path);
  const res = await open(method, path, { body, once: !repeatable });
  return (res.status === 204 ? undefined : await res.json()) as T;
}

// lines sends a body and calls back with each line of the answer, as it comes.
export async function lines<T>(path: string, body: unknown, each: (line: T) => void): Promise<void> {
  const res = await open("POST", path, { body, accept: "application/x-ndjson", once: true });
  const reader = res.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    const all = (rest + (value ?? "")).split("\n");
    rest = done ? "" : all.pop()!;
    for (const line of all) if (line.trim()) each(JSON.parse(line) as T);
    if (done) return;
  }
}

// query writes the parameters that have a value.
export function query(path: string, parameters: Record<string, string | number | null | undefined>): string {
  const q = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== "" && value != null) q.set(name, String(value));
  const s = q.toString();
  return s ? `${path}?${s}` : path;
}

// id writes an id into a path: it may hold anything.
export const id = encodeURIComponent;
