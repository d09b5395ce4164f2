// Scores: from which a lead is urgent, and what the scores have learned.

import { useEffect, useState } from "preact/hooks";
import { Failure, get, id as path, send } from "../../api";
import { day, number, three, words } from "../../format";
import { useEvery, useGet } from "../../hooks";
import { Card, Empty, Field, Loading, Problem, Progress } from "../../parts/basics";
import { Table } from "../../parts/table";
import { toast } from "../../parts/toast";
import type { Job } from "../../wire";

interface Settings {
  thresholds: { high: number; medium: number };
  horizon_days: number;
  stories: boolean;
  pooling: { benchmarks: boolean; models: boolean };
}

interface Model {
  version: string;
  active: boolean;
  trained_at: string;
  labels: number;
  wins: number;
  auc: number | null;
  log_loss: number | null;
}

interface Models {
  models: Model[];
  sufficiency?: { labels: number; wins: number; state: string; needs: string };
}

function Thresholds({ organization }: { organization: string }) {
  const at = `/v1/organizations/${path(organization)}/settings`;
  const asked = useGet<Settings>(at);
  const [s, set] = useState<Settings | null>(null);
  const [wrong, setWrong] = useState<Failure | null>(null);
  useEffect(() => { if (asked.data) set(asked.data); }, [asked.data]);
  if (!s) return <Card title="What is urgent">{asked.error ? <Problem error={asked.error} what="settings" again={asked.again} /> : <Loading what="the settings" />}</Card>;
  const save = async (e: Event) => {
    e.preventDefault();
    setWrong(null);
    try {
      set(await send<Settings>("PATCH", at, { thresholds: s.thresholds, horizon_days: s.horizon_days, stories: s.stories, pooling: s.pooling }));
      toast("Saved. Leads that come from now on are sorted by it.");
    } catch (err) {
      setWrong(err instanceof Failure ? err : new Failure(0, "", String(err)));
    }
  };
  const limit = (name: "high" | "medium") => (e: { currentTarget: HTMLInputElement }) => set({ ...s, thresholds: { ...s.thresholds, [name]: Number(e.currentTarget.value) } });
  return (
    <Card title="What is urgent">
      <form onSubmit={(e) => void save(e)}>
        <div class="both">
          <Field label="High from a score of" hint="70: 2.3 times average odds"><input type="number" min={2} max={100} required value={s.thresholds.high} onInput={limit("high")} /></Field>
          <Field label="Medium from" hint="50: average odds"><input type="number" min={1} max={99} required value={s.thresholds.medium} onInput={limit("medium")} /></Field>
          <Field label="Days until an open lead counts as lost" hint="90 to 365">
            <input type="number" min={90} max={365} required value={s.horizon_days} onInput={(e) => set({ ...s, horizon_days: Number(e.currentTarget.value) })} />
          </Field>
        </div>
        <label class="check"><input type="checkbox" checked={s.stories} onChange={(e) => set({ ...s, stories: e.currentTarget.checked })} /> Show won leads with a high score as stories</label>
        <label class="check"><input type="checkbox" checked={s.pooling.benchmarks} onChange={(e) => set({ ...s, pooling: { ...s.pooling, benchmarks: e.currentTarget.checked } })} /> Count our listings, without names, in market numbers of several organizations</label>
        {wrong && <p class="problem" role="alert">{wrong.message}</p>}
        <div class="ways"><button class="first">Save</button></div>
      </form>
    </Card>
  );
}

function Training() {
  const asked = useGet<Models>("/v1/models");
  const [job, setJob] = useState<Job | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const running = job && (job.state === "queued" || job.state === "running");
  const train = async () => {
    setProblem(null);
    try {
      const started = await send<{ id?: string; job_id?: string }>("POST", "/v1/models/train", {});
      setJob({ id: started.id ?? started.job_id ?? "", state: "queued", progress: 0, result: null, error: null });
    } catch (e) {
      setProblem(e);
    }
  };
  useEvery(running ? 500 : 0, () => void get<Job>(`/v1/jobs/${path(job!.id)}`).then((j) => {
    setJob(j);
    if (j.state === "done" || j.state === "failed") asked.again();
  }, setProblem));
  const models = asked.data?.models ?? [];
  const enough = asked.data?.sufficiency;
  return (
    <Card title="What the scores have learned">
      <Problem error={asked.error} what="models" again={asked.again} />
      {asked.data && !models.length && (
        <Empty title="Nothing yet: scores follow rules.">
          <p>{enough?.needs ? `Needed: ${enough.needs}.` : "They begin to learn from 5 won and 5 lost leads on."} <a href="/app/setup?part=past">Import past leads</a>, and record how new ones end.</p>
        </Empty>
      )}
      {models.length > 0 && <Table stack caption="Models" rows={models} columns={[
        { title: "Version", cell: (m) => `${m.version}${m.active ? " (in use)" : ""}` }, { title: "Trained", cell: (m) => day(m.trained_at) },
        { title: "Leads", number: true, cell: (m) => number(m.labels) }, { title: "Won", number: true, cell: (m) => number(m.wins) },
        { title: "AUC", number: true, cell: (m) => three(m.auc) }]} />}
      {running && <Progress label="Training" value={job.progress} />}
      {job?.state === "done" && <p role="status">Training is done. {typeof (job.result as { verdict?: string } | null)?.verdict === "string" && words((job.result as { verdict: string }).verdict)}</p>}
      {job?.state === "failed" && <p class="problem" role="alert">{job.error?.message}</p>}
      <Problem error={problem} what="training" />
      {asked.data && !running && <div class="ways"><button type="button" onClick={() => void train()}>Train now</button></div>}
    </Card>
  );
}

export function Scores({ organization }: { organization: string }) {
  return <div class="columns"><div><Thresholds organization={organization} /></div><div><Training /></div></div>;
}
