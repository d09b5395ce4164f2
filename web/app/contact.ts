// Contacts that are logged from a list: they are shown at once, and taken back if the server refuses or the user does.

import { signal } from "@preact/signals";
import { id, send } from "./api";
import { nameOf } from "./person";
import { complain, toast } from "./parts/toast";
import type { Deed, Lead } from "./wire";

export type Way = "call" | "text" | "email" | "showing";

const said: Record<Way, string> = { call: "a call to", text: "a text to", email: "an e-mail to", showing: "a showing with" };

// contacted are the leads that were contacted since the page was loaded.
export const contacted = signal<ReadonlyMap<string, Way>>(new Map());

function note(lead: string, way: Way | null) {
  const next = new Map(contacted.value);
  if (way) next.set(lead, way);
  else next.delete(lead);
  contacted.value = next;
}

export async function logContact(lead: Lead, way: Way) {
  if (contacted.value.get(lead.id) === way) return;
  const before = contacted.value.get(lead.id) ?? null;
  const path = `/v1/leads/${id(lead.id)}/activities`;
  note(lead.id, way);
  const sent = send<Deed>("POST", path, { type: way });
  toast(`Logged ${said[way]} ${nameOf(lead)}.`, async () => {
    note(lead.id, before);
    try {
      await send("DELETE", `${path}/${id((await sent).id)}`);
    } catch (e) {
      note(lead.id, way);
      complain("It could not be taken back.", e);
    }
  });
  try {
    await sent;
  } catch (e) {
    note(lead.id, before);
    complain(`The contact with ${nameOf(lead)} is not logged.`, e);
  }
}
