import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const pages = join(root, 'docs');
const isLocal = (href) => !/^([a-z]+:|#|\/)/i.test(href);

/**
 * Files outside docs/ have no page. Their links lead to the repository where REPOSITORY_URL names it, such as
 * https://git.example.com/clearcut/blob/main; without it, only their text stays. Throws for a file that is missing.
 */
export const linkToRepository = (markdown, repositoryUrl = process.env.REPOSITORY_URL) => {
  markdown.core.ruler.push('repository-links', ({ tokens, env }) => {
    for (const { children } of tokens) for (const token of children ?? []) rewrite(token, env, children);
  });

  const rewrite = (token, env, children) => {
    const href = token.type === 'link_open' ? token.attrGet('href') : undefined;
    if (!href || !isLocal(href)) return;
    const [path, hash = ''] = href.split(/(?=#)/);
    const target = resolve(dirname(env.path), decodeURI(path));
    if (target.startsWith(`${pages}/`) && /\.(md|html)?$/.test(target)) return;
    if (!existsSync(target)) throw new Error(`${env.path} links to ${href}, which does not exist`);
    const name = relative(root, target);
    if (repositoryUrl) token.attrSet('href', `${repositoryUrl}/${name}${hash}`);
    else unlink(token, children);
  };
};

/** Takes a link's tags away and leaves its text. */
const unlink = (open, children) => {
  const close = children.slice(children.indexOf(open)).find(({ type }) => type === 'link_close');
  for (const token of [open, close])
    Object.assign(token, { type: 'text', tag: '', nesting: 0, content: '', attrs: null });
};
