#!/usr/bin/env node
/**
 * `npx clearcut …`: installs and builds what is missing, as `npm start` does, and runs the command line. It runs
 * before node_modules exists, so it needs Node and npm and nothing else.
 */
// The preparation works in the project's folder; paths on the command line are meant from where the user is.
process.env.INIT_CWD ??= process.cwd();
process.argv.splice(2, 0, 'cli');
await import('./prepare.mjs');
