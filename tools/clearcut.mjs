#!/usr/bin/env node
/**
 * `npx clearcut …` installs and builds like `npm start`, then runs the command line. It runs before node_modules
 * exists, so it needs only Node and npm.
 */
// prepare.mjs changes to the project's folder, but paths on the command line are relative to the user's folder.
process.env.INIT_CWD ??= process.cwd();
process.argv.splice(2, 0, 'cli');
await import('./prepare.mjs');
