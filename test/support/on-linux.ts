import { it } from '@jest/globals';

const isLinux = process.platform === 'linux';
if (!isLinux)
  process.stderr.write(
    '\n*** Signals and limits of processes are tested on Linux only: NOT in this run. ***\n',
  );

/** A test that needs the signals of Linux, or /proc. Elsewhere it is skipped, and a line above says so. */
export const onLinux = isLinux ? it : it.skip;
