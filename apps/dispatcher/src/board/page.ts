import { html } from '../status/html.js';

/** The two tags of EJS that the board's page has: `<%= escaped %>` and `<%- as it is %>`. */
const tag = /<%([=-])\s*(\w+)\s*%>/g;

/** Fonts that the page would fetch from elsewhere; without them it takes the system's. */
const foreignLink = /<link\b[^>]*\bhref="https?:[^>]*>/g;

/** The board's page, of its template. */
export const renderPage = (
  template: string,
  params: Readonly<Record<string, string | undefined>>,
): string => {
  const page = template
    .replaceAll(foreignLink, '')
    .replaceAll(tag, (_, kind: string, name: string) =>
      kind === '=' ? html`${params[name]}`.text : (params[name] ?? ''),
    );
  if (page.includes('<%')) throw new Error('The page of the board has a tag that is not known here.');
  return page;
};
