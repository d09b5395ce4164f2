// Table shows rows with their numbers aligned. On narrow screens it scrolls within itself.

import type { ComponentChildren } from "preact";

export interface Column<Row> {
  title: string;
  number?: boolean;
  text?: boolean; // sentences, which go over several lines
  cell: (row: Row) => ComponentChildren;
}

interface Props<Row> {
  caption: string;
  columns: Column<Row>[];
  rows: Row[];
  stack?: boolean; // on narrow screens a row is a block of lines, each with its title: for what must be seen whole
  shown?: boolean; // whether the caption is for the eye too
  rowKey?: (row: Row, at: number) => string | number;
}

const classOf = (c: { number?: boolean; text?: boolean }) => (c.number ? "number" : c.text ? "text" : "");

// The roles are those that the elements have by themselves, but lose where a style shows them as blocks.
export function Table<Row>({ caption, columns, rows, stack, shown, rowKey }: Props<Row>) {
  return (
    <div class="scroll" role="region" aria-label={caption} tabIndex={0}>
      <table role="table" class={stack ? "stack" : ""}>
        <caption class={shown ? "" : "unseen"}>{caption}</caption>
        <thead role="rowgroup">
          <tr role="row">{columns.map((c) => <th scope="col" role="columnheader" class={classOf(c)}>{c.title}</th>)}</tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row, i) => (
            <tr role="row" key={rowKey ? rowKey(row, i) : i}>
              {columns.map((c, j) => j === 0
                ? <th scope="row" role="rowheader" class={classOf(c)}>{c.cell(row)}</th>
                : <td role="cell" class={classOf(c)} data-title={c.title}>{c.cell(row)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
