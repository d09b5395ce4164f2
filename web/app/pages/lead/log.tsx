// What was done about a lead, and a place to add to it.

import { useState } from "preact/hooks";
import { id as path, send } from "../../api";
import { contacted } from "../../contact";
import { money, moment, words } from "../../format";
import { useGet } from "../../hooks";
import { may } from "../../me";
import { Card, Field, Problem } from "../../parts/basics";
import { complain, toast } from "../../parts/toast";
import type { Deed, Lead, Outcome, Page } from "../../wire";

interface Entry {
  kind: "activity" | "status" | "outcome" | "feedback";
  time: string;
  by: string | null;
  activity?: Deed;
  status?: string;
  outcome?: Outcome;
  feedback?: { was_accurate: boolean; feedback: string | null };
}

const kinds = [["note", "Note"], ["call", "Call"], ["text", "Text"], ["email", "E-mail"], ["showing", "Showing"]] as const;

function said(e: Entry): { what: string; note?: string | null } {
  if (e.activity) return { what: words(e.activity.type), note: e.activity.note };
  if (e.outcome) return { what: `${words(e.outcome.outcome)}${e.outcome.deal_value != null ? `, ${money(e.outcome.deal_value)}` : ""}`, note: e.outcome.notes };
  if (e.feedback) return { what: e.feedback.was_accurate ? "Score found helpful" : "Score found not helpful", note: e.feedback.feedback };
  return { what: `Status set to ${words(e.status ?? "")}` };
}

function Add({ lead, added }: { lead: Lead; added: () => void }) {
  const [type, setType] = useState("note");
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState(false);
  const add = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    try {
      const made = await send<Deed>("POST", `/v1/leads/${path(lead.id)}/activities`, { type, note });
      setNote("");
      added();
      toast(`${words(type)} added.`, () => void send("DELETE", `/v1/leads/${path(lead.id)}/activities/${path(made.id)}`).then(added, (err) => complain("It could not be taken back.", err)));
    } catch (err) {
      complain("It is not added.", err);
    }
    setBusy(false);
  };
  return (
    <form onSubmit={(e) => void add(e)} class="add">
      <Field label="What did you do?">
        <select value={type} onChange={(e) => setType(e.currentTarget.value)}>{kinds.map(([v, text]) => <option value={v}>{text}</option>)}</select>
      </Field>
      <Field label="Note"><textarea value={note} maxLength={8000} required={type === "note"} onInput={(e) => setNote(e.currentTarget.value)} /></Field>
      <div class="ways"><button class="first" disabled={busy}>Add</button></div>
    </form>
  );
}

export function ContactLog({ lead, version, changed }: { lead: Lead; version: number; changed: () => void }) {
  const pressed = contacted.value.get(lead.id) ?? "";
  const asked = useGet<Page<"history", Entry>>(`/v1/leads/${path(lead.id)}/history?limit=100`, version + pressed);
  const entries = asked.data?.history ?? [];
  const back = (e: Entry) => void send("DELETE", `/v1/leads/${path(lead.id)}/activities/${path(e.activity!.id)}`).then(changed, (err) => complain("It could not be taken back.", err));
  return (
    <Card title="Contact log">
      <Problem error={asked.error} what="contact log" again={asked.again} />
      {asked.data && !entries.length && <p class="muted">{lead.status === "new" ? "Nobody has contacted them yet." : "Nothing is logged here."}</p>}
      <ol class="log">
        {entries.map((e) => {
          const { what, note } = said(e);
          return (
            <li>
              <div><strong>{what}</strong> <span class="muted">{moment(e.time)}</span>{note && <p class="note">{note}</p>}</div>
              {may.write && e.activity && <button type="button" class="quiet" onClick={() => back(e)} aria-label={`Undo: ${what}, ${moment(e.time)}`}>Undo</button>}
            </li>
          );
        })}
      </ol>
      {may.write && <details><summary>Add a note or contact</summary><Add lead={lead} added={changed} /></details>}
    </Card>
  );
}
