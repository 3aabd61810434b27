import type { ReactNode } from 'react';
import classes from './DataTable.module.css';

export interface Column {
  readonly key: string;
  readonly title: string;
  /** Numbers and amounts stand at the end. */
  readonly end?: boolean;
  /** Long text may break; everything else stays on one line. */
  readonly wrap?: boolean;
}

export interface TableRow {
  readonly key: string;
  /** One a column; the first names the row. */
  readonly cells: readonly ReactNode[];
}

interface DataTableProps {
  /** What the table shows, for those who do not see it; also names the box that scrolls. */
  readonly label: string;
  readonly columns: readonly Column[];
  readonly rows: readonly TableRow[];
  /** A last row that sums. */
  readonly total?: readonly ReactNode[];
}

/** A table that scrolls inside its own box where it is wider than the page. */
export function DataTable({ label, columns, rows, total }: DataTableProps) {
  const place = (index: number) => ({ 'data-end': columns[index]?.end === true, 'data-wrap': columns[index]?.wrap === true });
  const line = (cells: readonly ReactNode[]) => cells.map((cell, index) => (index === 0
    ? <th key={index} scope="row" {...place(index)}>{cell}</th>
    : <td key={index} {...place(index)}>{cell}</td>));
  return (
    <div className={classes.scroll} tabIndex={0} role="region" aria-label={label}>
      <table className={classes.table}>
        <thead><tr>{columns.map(({ key, title }, index) => <th key={key} scope="col" {...place(index)}>{title}</th>)}</tr></thead>
        <tbody>{rows.map(({ key, cells }) => <tr key={key}>{line(cells)}</tr>)}</tbody>
        {total !== undefined && <tfoot><tr>{line(total)}</tr></tfoot>}
      </table>
    </div>
  );
}
