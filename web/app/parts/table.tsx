// Table shows rows with their numbers aligned. On narrow screens it scrolls within itself.

import type { ComponentChildren } from "preact";

export interface Column<Row> {
  title: string;
  number?: boolean;
  cell: (row: Row) => ComponentChildren;
}

interface Props<Row> {
  caption: string;
  columns: Column<Row>[];
  rows: Row[];
  shown?: boolean; // whether the caption is for the eye too
  rowKey?: (row: Row, at: number) => string | number;
}

export function Table<Row>({ caption, columns, rows, shown, rowKey }: Props<Row>) {
  return (
    <div class="scroll" role="region" aria-label={caption} tabIndex={0}>
      <table>
        <caption class={shown ? "" : "unseen"}>{caption}</caption>
        <thead>
          <tr>{columns.map((c) => <th scope="col" class={c.number ? "number" : ""}>{c.title}</th>)}</tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={rowKey ? rowKey(row, i) : i}>
              {columns.map((c, j) => j === 0
                ? <th scope="row" class={c.number ? "number" : ""}>{c.cell(row)}</th>
                : <td class={c.number ? "number" : ""}>{c.cell(row)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
