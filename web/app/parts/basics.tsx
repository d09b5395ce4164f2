// Small parts that every page is made of.

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { absent, Failure } from "../api";
import { percent } from "../format";

// Pill is a word that says a state. The word says it; the tone only repeats it.
export function Pill({ tone = "plain", children }: { tone?: "plain" | "strong" | "hot"; children: ComponentChildren }) {
  return <span class={`pill ${tone}`}>{children}</span>;
}

// Empty says why there is nothing, and what to do about it.
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="lead">{title}</p>
      {children}
    </div>
  );
}

// Problem says what went wrong, in the server's words. What the server does not have is no error of the user's.
export function Problem({ error, what, again }: { error: unknown; what: string; again?: () => void }) {
  if (!error) return null;
  if (absent(error)) return <Empty title={`This server has no ${what} yet.`}><p>It comes with a newer version of Footfall.</p></Empty>;
  const text = error instanceof Failure ? error.message : String(error);
  return (
    <div class="problem" role="alert">
      <p>{text}</p>
      {again && <button type="button" onClick={again}>Try again</button>}
    </div>
  );
}

export function Loading({ what }: { what: string }) {
  return <p class="muted loading" role="status">Loading {what} …</p>;
}

// Progress of long work, a share of 1; without one it is not known.
export function Progress({ label, value }: { label: string; value?: number }) {
  return (
    <div class="progress">
      <label>
        <span>{label}{value != null && `: ${percent(value)}`}</span>
        <progress max={1} value={value} />
      </label>
    </div>
  );
}

export function Card({ title, action, children }: { title: string; action?: ComponentChildren; children: ComponentChildren }) {
  return (
    <section class="card">
      <header><h2>{title}</h2>{action}</header>
      {children}
    </section>
  );
}

// Figure is one number with what it is.
export function Figure({ label, value, note }: { label: string; value: ComponentChildren; note?: ComponentChildren }) {
  return (
    <div class="figure">
      <dt>{label}</dt>
      <dd>{value}</dd>
      {note && <dd class="note">{note}</dd>}
    </div>
  );
}

// Heading is a page's title. It takes the focus when the page is entered, so that a screen reader begins here.
export function Heading({ children, action }: { children: ComponentChildren; action?: ComponentChildren }) {
  const at = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const text = at.current!.textContent!;
    document.title = `${text} · Footfall`;
    if (document.activeElement === document.body) at.current!.focus({ preventScroll: true });
  }, []);
  return (
    <header class="heading">
      <h1 ref={at} tabIndex={-1}>{children}</h1>
      {action}
    </header>
  );
}

export function Field({ label, hint, error, children }: { label: string; hint?: string; error?: string; children: ComponentChildren }) {
  return (
    <label class="field">
      <span class="label">{label}</span>
      {children}
      {hint && <span class="hint">{hint}</span>}
      {error && <span class="wrong" role="alert">{error}</span>}
    </label>
  );
}
