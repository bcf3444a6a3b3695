import { marked } from 'marked';
import { apiPage } from './api-page.js';

const style = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #ddd; padding: .35rem .6rem; text-align: left; vertical-align: top; }
tr:has(:target) { background: #fff6c8; }
code { background: #f4f4f4; padding: 0 .2rem; }`;

/** The reference page for browsers; the `documentation` links of errors lead to its anchors. */
export const htmlPage = (): string => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Clearcut API</title><style>${style}</style></head>
<body>
${marked.parse(apiPage(), { async: false })}
</body>
</html>
`;
