// The agents of whom numbers are shown: an admin's are all, an agent's is themselves.

import { useGet } from "./hooks";
import { may, me, organization } from "./me";
import type { Page } from "./wire";

export interface Agent {
  id: string;
  name: string;
}

export function useAgents(): Agent[] | undefined {
  const profiles = useGet<Page<"profiles", { id: string; full_name: string }>>(may.admin ? "/v1/profiles" : "");
  const board = useGet<{ agents: { profile_id: string; full_name: string }[] }>(may.admin || me.profile_id ? "" : `/v1/organizations/${encodeURIComponent(organization)}/leaderboard`);
  if (me.profile_id) return [{ id: me.profile_id, name: me.name || me.profile_id }];
  if (may.admin) return profiles.data?.profiles.map((p) => ({ id: p.id, name: p.full_name }));
  return board.error ? [] : board.data?.agents.map((a) => ({ id: a.profile_id, name: a.full_name }));
}

// Numbers are how the leads of some time did.
export interface Numbers {
  total_leads: number;
  contacted_leads: number;
  qualified_leads: number;
  closed_deals: number;
  open_leads: number;
  avg_minutes_to_contact: number | null;
  avg_days_to_contact: number | null;
  avg_days_to_close: number | null;
  conversion_rate: number | null; // %
  priorities?: { high: number; medium: number; low: number };
}
