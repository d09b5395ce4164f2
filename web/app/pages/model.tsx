// Model: how good the scores have been, and how it is known.

import { useMemo } from "preact/hooks";
import { count, day, decimal, duration, month, none, number, percent, words } from "../format";
import { useGet } from "../hooks";
import { useKeys } from "../keys";
import { may } from "../me";
import { Card, Empty, Figure, Heading, Loading, Pill, Problem } from "../parts/basics";
import { Series } from "../parts/series";
import { Table } from "../parts/table";
import { go } from "../route";

interface Cohort {
  cohort: string;
  leads: number;
  matured: number;
  won: number;
  expected: number;
  observed_over_expected: number | null;
  low: number | null;
  high: number | null;
}

interface Metrics {
  active: string;
  active_since: string | null;
  model_auc: number | null;
  cohorts: Cohort[];
  all: Cohort;
  stability: { alarm: boolean; score: { psi: number; limit: number; alarm: boolean }; features: Record<string, { psi: number; limit: number; alarm: boolean }> | null } | null;
  feedback: { band: string; judged: number; accurate: number; rate: number | null; low: number | null; high: number | null }[];
  first_contact: { band: string; leads: number; contacted: number; median_minutes: number | null }[];
  auc_history: { version: string; trained_at: string; auc: number | null; auc_interval: [number, number] }[];
  label_coverage: { matured: number; with_outcome: number; share: number | null };
}

interface Models {
  training_log: { time: string; kind: string; version: string; why: string; labels: number; wins: number; auc: number | null }[];
}

const three = (n: number | null | undefined) => (n == null ? none : n.toFixed(3).replace(/^0/, ""));
const between = (low: number | null, high: number | null, format: (n: number) => string) => (low == null || high == null ? none : `${format(low)} to ${format(high)}`);

function Kept({ m }: { m: Metrics }) {
  const rows = m.cohorts.filter((c) => c.matured > 0);
  return (
    <Card title="Did what was said come true?">
      {!rows.length ? <Empty title="Too little data."><p>This is known once leads are old enough to have closed or not, and how they ended is recorded.</p></Empty>
        : <Table caption="Deals expected by the scores, and deals that came" rows={rows} columns={[
          { title: "Leads of", cell: (c) => month(c.cohort.length === 7 ? c.cohort + "-01" : c.cohort) }, { title: "Matured", number: true, cell: (c) => `${number(c.matured)} of ${number(c.leads)}` },
          { title: "Expected", number: true, cell: (c) => decimal(c.expected) }, { title: "Closed", number: true, cell: (c) => number(c.won) },
          { title: "Ratio", number: true, cell: (c) => decimal(c.observed_over_expected) }, { title: "95 % range", number: true, cell: (c) => between(c.low, c.high, decimal) }]} />}
    </Card>
  );
}

function Drift({ m }: { m: Metrics }) {
  const s = m.stability;
  const rows = s ? [["Score", s.score] as const, ...Object.entries(s.features ?? {}).map(([name, v]) => [words(name), v] as const)] : [];
  return (
    <Card title="Are visitors still like those it learned from?" action={s && <Pill tone={s.alarm ? "hot" : "strong"}>{s.alarm ? "Changed" : "Yes"}</Pill>}>
      {!s ? <p class="muted">Too little data: it takes a model, and leads from before and after it.</p>
        : <Table caption="Population stability" rows={rows} columns={[
          { title: "Of", cell: ([name]) => name }, { title: "Index", number: true, cell: ([, v]) => three(v.psi) }, { title: "Chance alone", number: true, cell: ([, v]) => three(v.limit) },
          { title: "So", cell: ([, v]) => (v.alarm ? <Pill tone="hot">changed</Pill> : "as before") }]} />}
    </Card>
  );
}

export default function Model() {
  const asked = useGet<Metrics>("/v1/models/metrics");
  const log = useGet<Models>("/v1/models");
  const m = asked.data;
  const points = useMemo(() => (m?.auc_history ?? []).map((p) => ({ at: Date.parse(p.trained_at), value: p.auc })), [m]);
  useKeys([{ key: "b", does: "Back to Today", run: () => go("/app/") }]);
  return (
    <>
      <Heading action={may.admin && <a class="button" href="/app/setup?part=scores">Train</a>}>Model</Heading>
      <Problem error={asked.error} what="model" again={asked.again} />
      {!m && !asked.error && <Loading what="the model" />}
      {m && <>
        <Card title="Now">
          <dl class="figures">
            <Figure label="Scores come from" value={m.active && !m.active.startsWith("rules") ? m.active : "Rules"} note={m.active_since ? `since ${day(m.active_since)}` : "no model has passed yet"} />
            <Figure label="AUC, out of fold" value={three(m.model_auc)} note="0.5 is chance" />
            <Figure label="Old leads with an outcome" value={percent(m.label_coverage.share)} note={`${number(m.label_coverage.with_outcome)} of ${number(m.label_coverage.matured)}`} />
          </dl>
        </Card>
        <Kept m={m} />
        <div class="columns">
          <div>
            <Drift m={m} />
            {points.length > 1 && <Card title="AUC"><Series caption="AUC of each training" of="Trained" unit="AUC" points={points} format={(n) => three(n)} name={(at) => day(at)} /></Card>}
          </div>
          <div>
            <Card title="What agents say of it">
              {m.feedback.every((f) => !f.judged) ? <p class="muted">Nobody has judged a score yet: the page of a lead asks.</p>
                : <Table caption="Scores found helpful" rows={m.feedback} columns={[
                  { title: "Priority", cell: (f) => words(f.band) }, { title: "Helpful", number: true, cell: (f) => `${number(f.accurate)} of ${number(f.judged)}` }, { title: "95 % range", number: true, cell: (f) => between(f.low, f.high, percent) }]} />}
            </Card>
            <Card title="How soon they are called">
              <Table caption="First contact" rows={m.first_contact} columns={[
                { title: "Priority", cell: (f) => words(f.band) }, { title: "Contacted", number: true, cell: (f) => `${number(f.contacted)} of ${number(f.leads)}` },
                { title: "Median", number: true, cell: (f) => (f.median_minutes == null ? none : duration(f.median_minutes * 60)) }]} />
            </Card>
          </div>
        </div>
      </>}
      {log.data && (
        <Card title="Training log">
          {!log.data.training_log?.length ? <p class="muted">Nothing was trained yet.</p>
            : <Table caption="Training log" rows={log.data.training_log.slice(0, 50)} columns={[
              { title: "When", cell: (e) => day(e.time) }, { title: "What", cell: (e) => `${words(e.kind)} ${e.version}` }, { title: "Learned from", cell: (e) => (e.labels ? `${count(e.labels, "lead")}, ${number(e.wins)} won` : none) },
              { title: "AUC", number: true, cell: (e) => three(e.auc) }, { title: "Why", cell: (e) => e.why }]} />}
        </Card>
      )}
    </>
  );
}
