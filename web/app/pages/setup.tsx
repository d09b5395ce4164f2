// Setup: what an admin decides, and the first steps of a new organization.

import { useState } from "preact/hooks";
import { number } from "../format";
import { useGet, useInView } from "../hooks";
import { useKeys } from "../keys";
import { organization } from "../me";
import { Card, Heading, Loading, Problem } from "../parts/basics";
import { go, parameter } from "../route";
import type { Lead, Page, Site } from "../wire";
import { Keys } from "./setup/keys";
import { PastLeads } from "./setup/past";
import { Scores } from "./setup/scores";
import { SitePart } from "./setup/site";
import { Team } from "./setup/team";

const parts = [["site", "Site"], ["past", "Past leads"], ["scores", "Scores"], ["team", "Team"], ["keys", "Keys"]] as const;

// Step is one of the first steps, which is done when the server says so.
interface Step {
  done: boolean | undefined;
  text: string;
  part: string;
}

function FirstSteps({ sites }: { sites: Site[] }) {
  const seen = useGet<Page<"sessions", unknown>>("/v1/sessions?active=24h&limit=1").data;
  const leads = useGet<Page<"leads", Lead>>("/v1/leads?limit=1").data;
  const won = useGet<Page<"leads", Lead>>("/v1/leads?limit=1&status=closed_won").data;
  const users = useGet<Page<"users", unknown>>("/v1/users").data;
  const steps: Step[] = [
    { done: sites.some((s) => s.allowed_origins.length > 0), text: "Say which web addresses are yours", part: "site" },
    { done: seen && (seen.sessions.length > 0 || !!leads?.leads.length), text: "Put the tracker into your pages, and visit one", part: "site" },
    { done: won && won.leads.length > 0, text: "Import past leads with how they ended, so that scores can learn", part: "past" },
    { done: users && users.users.length > 1, text: "Invite your team", part: "team" },
  ];
  const left = steps.filter((s) => s.done === false).length;
  if (!left) return null;
  return (
    <Card title={`First steps: ${number(left)} left`}>
      <ol class="steps">
        {steps.map((s) => (
          <li class={s.done ? "done" : ""}>
            <span aria-hidden="true">{s.done ? "✓" : "○"}</span>
            {s.done ? <span>{s.text} <span class="unseen">(done)</span></span> : <a href={`/app/setup?part=${s.part}`}>{s.text}</a>}
          </li>
        ))}
      </ol>
    </Card>
  );
}

export default function Setup() {
  const part = parameter("part") || "site";
  const asked = useGet<Page<"sites", Site>>("/v1/sites");
  const at = useInView(part);
  const [chosen, choose] = useState(0);
  const sites = asked.data?.sites ?? [];
  const site = sites.find((s) => s.id === chosen) ?? sites[0];
  const step = (by: number) => {
    const at = parts.findIndex(([p]) => p === part);
    go(`/app/setup?part=${parts[(at + by + parts.length) % parts.length]![0]}`);
  };
  useKeys([
    { key: "j", does: "Next part", run: () => step(1) },
    { key: "k", does: "Previous part", run: () => step(-1) },
    { key: "b", does: "Back to Today", run: () => go("/app/") },
  ]);
  return (
    <>
      <Heading>Setup</Heading>
      {asked.data && part === "site" && <FirstSteps sites={sites} />}
      <nav class="tabs" aria-label="Parts of the setup">
        {parts.map(([p, name]) => <a href={`/app/setup?part=${p}`} aria-current={p === part ? "page" : undefined} ref={p === part ? at : undefined}>{name}</a>)}
      </nav>
      <Problem error={asked.error} what="sites" again={asked.again} />
      {!asked.data && !asked.error && <Loading what="your sites" />}
      {site && sites.length > 1 && (part === "site" || part === "past") && (
        <label class="choice">Site
          <select value={site.id} onChange={(e) => choose(Number(e.currentTarget.value))}>{sites.map((s) => <option value={s.id}>{s.name || `Site ${s.id}`}</option>)}</select>
        </label>
      )}
      {part === "site" && site && <SitePart key={site.id} site={site} changed={asked.again} />}
      {part === "past" && site && <PastLeads key={site.id} site={site} />}
      {part === "scores" && <Scores organization={organization} />}
      {part === "team" && <Team />}
      {part === "keys" && <Keys sites={sites} />}
    </>
  );
}
