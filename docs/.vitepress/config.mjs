import { readdirSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitepress';
import { linkToRepository } from './links.mjs';

const page = (text, link) => ({ text, link: `/${link}` });

const decisions = new URL('../decisions/', import.meta.url);
const titleOf = (name) => /^# (.+)$/m.exec(readFileSync(new URL(name, decisions), 'utf8'))?.[1] ?? name;
const decisionPages = readdirSync(decisions)
  .sort()
  .map((name) => page(titleOf(name), `decisions/${name.replace(/\.md$/, '')}`));

/** `npm run docs:site` builds the pages into docs/.vitepress/dist. A link to a missing page fails the build. */
export default defineConfig({
  title: 'Clearcut',
  description: "Self-hosted background removal that speaks Runware's task API",
  lang: 'en',
  cleanUrls: false,
  lastUpdated: false,
  ignoreDeadLinks: false,
  markdown: { config: (markdown) => linkToRepository(markdown) },
  vite: { publicDir: false, build: { chunkSizeWarningLimit: 2_000 } },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [page('Quick start', 'quick-start'), page('API', 'api'), page('Operations', 'operations')],
    sidebar: [
      {
        text: 'Begin',
        items: [
          page('Quick start', 'quick-start'),
          page('Concepts', 'concepts'),
          page('Troubleshooting', 'troubleshooting'),
        ],
      },
      {
        text: 'Guides',
        items: [
          page('The page', 'guides/page'),
          page('One image', 'guides/one-image'),
          page('A folder', 'guides/folder'),
          page('10,000 images', 'guides/batch'),
          page('Webhooks', 'webhooks'),
          page('Results into a bucket', 'guides/presigned-upload'),
          page('WebSocket', 'guides/websocket'),
          page('From a web page', 'guides/browser'),
          page('White background', 'guides/white-background'),
          page('Migration', 'migration'),
        ],
      },
      {
        text: 'Reference',
        items: [
          page('API', 'api'),
          page('Requests', 'requests'),
          page('Settings of a removal', 'settings'),
          page('Compositions', 'compose'),
          page('Models and licences', 'models'),
          page('Settings of the service', 'configuration'),
          page('Command line', 'command-line'),
          page('Compatibility', 'compatibility'),
          page('Other APIs', 'doors'),
          page('rembg', 'doors/rembg'),
          page('remove.bg', 'doors/removebg'),
          page('Replicate', 'doors/replicate'),
          page('fal', 'doors/fal'),
          page('MCP', 'doors/mcp'),
        ],
      },
      {
        text: 'Run it',
        items: [
          page('Operations', 'operations'),
          page('Kubernetes', 'kubernetes'),
          page('Security', 'security'),
          page('Capacity', 'capacity'),
          page('Performance', 'performance'),
          page('Reliability', 'reliability'),
          page('Attacks', 'attacks'),
          page('Alerts', 'alerts'),
          page('Traces', 'tracing'),
        ],
      },
      { text: 'Why it is built so', collapsed: true, items: decisionPages },
    ],
  },
});
