import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const fromRoot = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export default defineConfig({
  // Relative, so that a proxy may serve the page below another path.
  base: './',
  publicDir: false,
  resolve: {
    alias: {
      '#client/browser': fromRoot('libs/client/src/browser.ts'),
      'lit/directives/style-map.js': fromRoot('apps/playground/src/style-map.ts'),
    },
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    emptyOutDir: true,
    outDir: fromRoot('dist/page'),
    target: 'es2023',
    // Everything stays a file of its own, so that the content security policy needs no exception.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: ['index.html', 'operator.html'].map((name) => fromRoot(`apps/playground/${name}`)),
    },
    license: { fileName: 'licences.json' },
  },
});
