const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Markup that is already escaped. */
export class Html {
  constructor(readonly text: string) {}
}

export type Content = Html | string | number | boolean | Date | null | undefined | Content[];

const render = (content: Content): string => {
  if (content instanceof Html) return content.text;
  if (content instanceof Date) return content.toISOString().replace('T', ' ').slice(0, 19);
  if (Array.isArray(content)) return content.map(render).join('');
  if (content === null || content === undefined) return '';
  return `${content}`.replaceAll(/[&<>"']/g, (character) => escapes[character] ?? '');
};

/** Escapes every inserted value except `Html`. */
export const html = (parts: TemplateStringsArray, ...contents: readonly Content[]): Html =>
  new Html(parts.map((part, i) => part + render(contents[i])).join(''));

export const table = (head: readonly string[], rows: readonly (readonly Content[])[]): Html => {
  if (rows.length === 0) return html`<p>None.</p>`;
  const cells = (row: readonly Content[]) =>
    html`<tr>
      ${row.map((cell) => html`<td>${cell}</td>`)}
    </tr>`;
  return html`<table>
    <thead>
      <tr>
        ${head.map((name) => html`<th>${name}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(cells)}
    </tbody>
  </table>`;
};
