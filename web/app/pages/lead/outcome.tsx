// How a lead ended: what the scores learn from.

import { useState } from "preact/hooks";
import { Failure, id as path, send } from "../../api";
import { isoDay, words } from "../../format";
import { Field } from "../../parts/basics";
import { Dialog } from "../../parts/dialog";
import { toast } from "../../parts/toast";
import { nameOf } from "../../person";
import type { Lead } from "../../wire";

const outcomes = [["closed_won", "Won: they closed"], ["closed_lost", "Lost"], ["nurturing", "Not now: keep in touch"], ["unresponsive", "They do not answer"]] as const;
const reasons = ["price", "timing", "competitor", "financing", "unqualified", "other"] as const;

export function OutcomeForm({ lead, close, done }: { lead: Lead; close: () => void; done: () => void }) {
  const today = isoDay(new Date());
  const [outcome, setOutcome] = useState<string>("closed_won");
  const [date, setDate] = useState(today);
  const [value, setValue] = useState("");
  const [reason, setReason] = useState("");
  const [notes, setNotes] = useState("");
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<Failure | null>(null);
  const of = (field: string) => (wrong?.field === field ? wrong.message : undefined);

  const save = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    setWrong(null);
    try {
      await send("POST", `/v1/leads/${path(lead.id)}/outcome`, {
        outcome, notes,
        ...(date && date !== today ? { outcome_date: date } : {}), // today is the site's, not the browser's
        ...(outcome === "closed_won" && value ? { deal_value: value.replace(/[^\d.]/g, "") } : {}),
        ...(outcome === "closed_lost" && reason ? { loss_reason: reason } : {}),
      });
      toast(`Recorded: ${words(outcome)}.`);
      done();
    } catch (err) {
      setWrong(err instanceof Failure ? err : new Failure(0, "", String(err)));
    }
    setBusy(false);
  };

  return (
    <Dialog title={`How did it end with ${nameOf(lead)}?`} close={close}>
      <form onSubmit={(e) => void save(e)}>
        <Field label="Outcome" error={of("outcome")}>
          <select value={outcome} onChange={(e) => setOutcome(e.currentTarget.value)}>{outcomes.map(([v, text]) => <option value={v}>{text}</option>)}</select>
        </Field>
        <div class="both">
          <Field label="Date" error={of("outcome_date")}><input type="date" value={date} max={today} onInput={(e) => setDate(e.currentTarget.value)} /></Field>
          {outcome === "closed_won" && <Field label="Deal value, if you like" error={of("deal_value")}><input inputMode="decimal" value={value} onInput={(e) => setValue(e.currentTarget.value)} /></Field>}
          {outcome === "closed_lost" && (
            <Field label="Why" error={of("loss_reason")}>
              <select value={reason} onChange={(e) => setReason(e.currentTarget.value)}><option value="">Not known</option>{reasons.map((r) => <option value={r}>{words(r)}</option>)}</select>
            </Field>
          )}
        </div>
        <Field label="Notes" error={of("notes")}><textarea value={notes} maxLength={8000} onInput={(e) => setNotes(e.currentTarget.value)} /></Field>
        {wrong && !["outcome", "outcome_date", "deal_value", "loss_reason", "notes"].includes(wrong.field) && <p class="problem" role="alert">{wrong.message}</p>}
        <div class="ways"><button class="first" disabled={busy}>Record</button><button type="button" onClick={close}>Cancel</button></div>
      </form>
    </Dialog>
  );
}
