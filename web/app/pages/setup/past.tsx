// Past leads: a table from a CRM is looked at first, then imported.

import { useState } from "preact/hooks";
import { Failure, lines } from "../../api";
import { count, number, words } from "../../format";
import { Card, Field, Figure, Progress } from "../../parts/basics";
import { Table } from "../../parts/table";
import type { Site } from "../../wire";

const most = 16 << 20; // bytes, what the server takes

interface Line {
  index?: number;
  status?: string;
  error?: { code: string; message: string; field?: string };
  done?: boolean;
  created?: number;
  updated?: number;
  existing?: number;
  rejected?: number;
  columns?: Record<string, string | null>;
}

interface Result {
  dry: boolean;
  sum?: Line;
  wrong: Line[];
}

export function PastLeads({ site }: { site: Site }) {
  const [text, setText] = useState("");
  const [name, setName] = useState("");
  const [rows, setRows] = useState(0);
  const [at, setAt] = useState<number | null>(null);
  const [result, setResult] = useState<Result | null>(null);
  const [problem, setProblem] = useState("");

  const choose = async (file: File | undefined) => {
    setResult(null);
    setProblem("");
    setText("");
    if (!file) return;
    if (file.size > most) return setProblem("The file is larger than 16 MB. Send it in parts.");
    const read = await file.text();
    setText(read);
    setName(file.name);
    setRows(Math.max(1, read.trim().split("\n").length - 1));
  };

  const run = async (dry: boolean) => {
    setProblem("");
    setAt(0);
    const wrong: Line[] = [];
    let sum: Line | undefined;
    let done = 0;
    try {
      await lines<Line>(`/v1/leads?format=csv&site_id=${site.id}${dry ? "&dry_run=true" : ""}`, text, (l) => {
        if (l.done) sum = l;
        else if (l.index === undefined && l.error) throw new Failure(0, l.error.code, l.error.message);
        else {
          if (l.error) wrong.push(l);
          if (++done % 100 === 0) setAt(done / rows);
        }
      });
      if (!sum) throw new Failure(0, "", "The import ended early. Run it again: what is there already is not doubled.");
      setResult({ dry, sum, wrong });
    } catch (e) {
      setProblem(e instanceof Failure ? e.message : String(e));
    }
    setAt(null);
  };

  const s = result?.sum;
  return (
    <Card title="Past leads">
      <p>Scores learn from leads of which it is known how they ended. Export them from your CRM as CSV: HubSpot, Salesforce and Follow Up Boss are understood as they come. The outcome, the date the lead came and the date it closed matter most.</p>
      <Field label="CSV file, at most 10,000 leads"><input type="file" accept=".csv,text/csv" onChange={(e) => void choose(e.currentTarget.files?.[0])} /></Field>
      {problem && <p class="problem" role="alert">{problem}</p>}
      {at !== null && <Progress label={result?.dry === false ? "Importing" : "Reading"} value={Math.min(1, at)} />}
      {text && at === null && (
        <div class="ways">
          <button type="button" class={result ? "" : "first"} onClick={() => void run(true)}>Look at {name} first</button>
          {result?.dry && !!(s?.created || s?.updated) && <button type="button" class="first" onClick={() => void run(false)}>Import {count((s.created ?? 0) + (s.updated ?? 0), "lead")}</button>}
        </div>
      )}
      {s && (
        <div role="status">
          <h3>{result.dry ? "What would happen; nothing is written yet" : "Imported"}</h3>
          <dl class="figures">
            <Figure label={result.dry ? "Would be new" : "New"} value={number(s.created)} />
            <Figure label="With news" value={number(s.updated)} />
            <Figure label="There already" value={number(s.existing)} />
            <Figure label="Not understood" value={number(s.rejected)} />
          </dl>
        </div>
      )}
      {s?.columns && Object.keys(s.columns).length > 0 && (
        <details open={result?.dry}><summary>How the columns are understood</summary>
          <Table caption="Columns" rows={Object.entries(s.columns)} columns={[{ title: "In the file", cell: (c) => c[0] }, { title: "Taken for", cell: (c) => (c[1] ? words(c[1]) : "left out") }]} />
        </details>
      )}
      {!!result?.wrong.length && (
        <Table caption={`Rows that are not understood${result.wrong.length > 50 ? ", the first 50" : ""}`} shown rows={result.wrong.slice(0, 50)} columns={[
          { title: "Row", number: true, cell: (l) => number((l.index ?? 0) + 2) },
          { title: "Why", cell: (l) => l.error?.message ?? "" },
        ]} />
      )}
    </Card>
  );
}
