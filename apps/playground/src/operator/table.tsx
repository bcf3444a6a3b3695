import type { ComponentChildren } from 'preact';

type Props<T> = {
  readonly title: string;
  readonly about?: string;
  /** Said in place of a table without rows. */
  readonly none: string;
  readonly head: readonly string[];
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string;
  readonly cells: (row: T) => readonly ComponentChildren[];
  readonly children?: ComponentChildren;
};

/** Numbers stand to the right. */
const isNumeric = (cell: ComponentChildren) =>
  typeof cell === 'string' && /^[\d$.,–-]+( (ms|s|min|h|d))?$/.test(cell);

/** A part of the page with a table. */
export const Table = <T,>({ title, about, none, head, rows, keyOf, cells, children }: Props<T>) => (
  <section class="card">
    <div class="row between card-head">
      <h2>{title}</h2>
      <div class="row tight">{children}</div>
    </div>
    {about && <p class="quiet small">{about}</p>}
    {rows.length === 0 ? (
      <p class="none">{none}</p>
    ) : (
      <div class="scroller" tabindex={0} role="region" aria-label={title}>
        <table>
          <thead>
            <tr>
              {head.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={keyOf(row)}>
                {cells(row).map((cell, i) => (
                  <td key={head[i]} class={isNumeric(cell) ? 'number' : ''}>
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    )}
  </section>
);
