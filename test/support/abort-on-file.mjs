/**
 * Lets a process end by its own fault when a test says so: NODE_OPTIONS=--import=<this file>. It aborts when the file
 * TEST_ABORT_FILE appears, which it deletes, so that its successor lives.
 */
import { existsSync, rmSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const path = process.env.TEST_ABORT_FILE;
if (path && isMainThread)
  setInterval(() => {
    if (!existsSync(path)) return;
    rmSync(path);
    process.abort();
  }, 20).unref();
