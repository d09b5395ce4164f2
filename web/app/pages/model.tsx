// Model: how good the scores have been, and how it is known.

import { useMemo } from "preact/hooks";
import { clock, count, day, decimal, duration, month, none, number, percent, three, words } from "../format";
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

interface Bin {
  from: number;
  to: number;
  expected: number;
  observed: number;
  low: number;
  high: number;
  leads: number;
  won: number;
}

interface Metrics {
  active: string;
  active_since: string | null;
  model_auc: number | null;
  cohorts: Cohort[];
  all: Cohort;
  reliability: Bin[];
  predictions_per_hour: number;
  avg_prediction_ms: number | null;
  prediction_volume_24h: { hour: string; count: number }[];
  cache_hit_rate: number | null;
  stability: { alarm: boolean; score: { psi: number; limit: number; alarm: boolean }; features: Record<string, { psi: number; limit: number; alarm: boolean }> | null } | null;
  feedback: { band: string; judged: number; accurate: number; rate: number | null; low: number | null; high: number | null }[];
  first_contact: { band: string; leads: number; contacted: number; median_minutes: number | null }[];
  auc_history: { version: string; trained_at: string; auc: number | null; auc_interval: [number, number] }[];
  label_coverage: { matured: number; with_outcome: number; share: number | null };
}

// Tested is a training as it would have been at an earlier moment, tried on the leads that came after it.
interface Tested {
  cutoff: string;
  labels: number;
  label_wins: number;
  gate_passed: boolean;
  n: number;
  wins: number;
  auc: number | null;
  auc_interval: [number, number];
  rules_auc: number | null;
  log_loss: number | null;
  base_log_loss: number | null;
}

interface Version {
  version: string;
  active: boolean;
  auc: number | null;
  temporal: Tested[];
}

interface Models {
  models: Version[];
  training_log: { time: string; kind: string; version: string; why: string; labels: number; wins: number; auc: number | null }[];
}

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

// Reliable draws what was said against what came: a point a bin, its range, and the line on which both are the same.
function Reliable({ m }: { m: Metrics }) {
  const highest = Math.max(...m.reliability.map((b) => Math.max(b.high, b.to)), 0.01);
  const step = 10 ** Math.floor(Math.log10(highest));
  const most = Math.min(1, Math.ceil(highest / step) * step);
  const x = (p: number) => 30 + (170 * p) / most, y = (p: number) => 180 - (170 * p) / most;
  const ticks = [0, most / 2, most];
  return (
    <Card title="Chances said, and deals that came">
      {!m.reliability.length ? <Empty title="Too little data."><p>It takes 20 leads that were scored here when they came and are old enough by now. Past leads that were imported do not count: nobody was told their chances.</p></Empty>
        : <figure class="chart">
          <figcaption>Where scores are right, points lie on the line.</figcaption>
          <svg class="reliable" viewBox="0 0 220 212" role="img" aria-label={`Chances said and deals that came, of ${count(m.reliability.length, "group")} of leads; the table below has the numbers`}>
            {ticks.map((p) => <><line class="grid" x1={30} x2={200} y1={y(p)} y2={y(p)} /><text x={27} y={y(p) + 3} text-anchor="end">{percent(p)}</text><text x={x(p)} y={194} text-anchor="middle">{percent(p)}</text></>)}
            <text x={115} y={208} text-anchor="middle">Said when they came</text><text x={-95} y={8} text-anchor="middle" transform="rotate(-90)">Closed</text>
            <line class="same" x1={x(0)} y1={y(0)} x2={x(most)} y2={y(most)} />
            {m.reliability.map((b) => <><line class="range" x1={x(b.expected)} x2={x(b.expected)} y1={y(b.low)} y2={y(b.high)} /><circle cx={x(b.expected)} cy={y(b.observed)} r={3.5} /></>)}
          </svg>
          <Table caption="Chances said, and deals that came" rows={m.reliability} columns={[
            { title: "Said", cell: (b) => (b.from === b.to ? percent(b.from) : `${percent(b.from)} to ${percent(b.to)}`) }, { title: "Leads", number: true, cell: (b) => number(b.leads) },
            { title: "Mean said", number: true, cell: (b) => percent(b.expected) }, { title: "Closed", number: true, cell: (b) => percent(b.observed) }, { title: "95 % range", number: true, cell: (b) => between(b.low, b.high, percent) }]} />
        </figure>}
    </Card>
  );
}

// better says whether the chances of a trial were nearer to what came than the base rate of the time was.
function better(t: Tested): string {
  if (!t.gate_passed) return "no model passed then";
  if (t.log_loss == null || t.base_log_loss == null) return none;
  return t.log_loss < t.base_log_loss ? "better" : "no better";
}

function Later({ of: v }: { of: Version }) {
  const last = v.temporal.at(-1);
  const worse = last?.auc != null && v.auc != null && last.auc_interval[1] < v.auc;
  return (
    <Card title="Does it hold for leads that came later?" action={last && <Pill tone={worse ? "hot" : "strong"}>{worse ? "Less" : last.gate_passed ? "Yes" : "Not known"}</Pill>}>
      {!last ? <p class="muted">Too little data: it takes 20 leads that are old enough to have closed or not.</p> : <>
        <p class="muted">{!v.active && `${v.version} is not in use: it did not pass. `}The training of {v.version} as it would have been at earlier moments, from what was known then, tried on the leads that came afterwards and are old enough by now.
          {worse && " Of late it ranks them less well than the training itself found: the market changes faster than the model."}</p>
        <Table stack caption="Trained then, tried on later leads" rows={v.temporal} columns={[
          { title: "As of", cell: (t) => day(t.cutoff) }, { title: "Learned from", number: true, cell: (t) => `${count(t.labels, "lead")}, ${number(t.label_wins)} won` },
          { title: "Tried on", number: true, cell: (t) => `${count(t.n, "lead")}, ${number(t.wins)} won` },
          { title: "AUC", number: true, cell: (t) => (t.gate_passed ? three(t.auc) : none) }, { title: "95 % range", number: true, cell: (t) => (t.gate_passed ? between(...t.auc_interval, three) : none) },
          { title: "AUC of the rules", number: true, cell: (t) => three(t.rules_auc) }, { title: "Beside the base rate", cell: better }]} />
      </>}
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
          { title: "Number", cell: ([name]) => name }, { title: "Shift (PSI)", number: true, cell: ([, v]) => three(v.psi) }, { title: "By chance, up to", number: true, cell: ([, v]) => three(v.limit) },
          { title: "Verdict", cell: ([, v]) => (v.alarm ? <Pill tone="hot">changed</Pill> : "as before") }]} />}
    </Card>
  );
}

export default function Model() {
  const asked = useGet<Metrics>("/v1/models/metrics");
  const log = useGet<Models>("/v1/models");
  const m = asked.data;
  const trained = log.data?.models.find((v) => v.active) ?? log.data?.models[0];
  const points = useMemo(() => (m?.auc_history ?? []).map((p) => ({ at: Date.parse(p.trained_at), value: p.auc })), [m]);
  const volume = useMemo(() => (m?.prediction_volume_24h ?? []).map((h) => ({ at: Date.parse(h.hour), value: h.count })), [m]);
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
            <Figure label="Predictions this hour" value={number(m.predictions_per_hour)} note={`${number(m.prediction_volume_24h.reduce((n, h) => n + h.count, 0))} in 24 hours`} />
            <Figure label="Time a prediction" value={m.avg_prediction_ms == null ? none : `${three(m.avg_prediction_ms)} ms`} note="mean of 24 hours" />
            <Figure label="Model was in memory" value={percent(m.cache_hit_rate)} note="when one was needed" />
            <Figure label="Old leads with an outcome" value={percent(m.label_coverage.share)} note={`${number(m.label_coverage.with_outcome)} of ${number(m.label_coverage.matured)}`} />
          </dl>
        </Card>
        <Reliable m={m} />
        <Kept m={m} />
        {trained && <Later of={trained} />}
        <div class="columns">
          <div>
            <Drift m={m} />
            {volume.some((h) => h.value > 0) && <Card title="Predictions an hour"><Series caption="Predictions of the last 24 hours" of="Hour" unit="Predictions" points={volume} name={(at) => clock(at)} /></Card>}
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
            : <Table stack caption="Training log" rows={log.data.training_log.slice(0, 50)} columns={[
              { title: "When", cell: (e) => day(e.time) }, { title: "What", cell: (e) => `${words(e.kind)} ${e.version}` }, { title: "Learned from", cell: (e) => (e.labels ? `${count(e.labels, "lead")}, ${number(e.wins)} won` : none) },
              { title: "AUC", number: true, cell: (e) => three(e.auc) }, { title: "Why", text: true, cell: (e) => e.why }]} />}
        </Card>
      )}
    </>
  );
}
