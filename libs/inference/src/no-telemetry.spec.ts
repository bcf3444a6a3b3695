import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const exec = promisify(execFile);
const timeoutMs = 60_000;

describe('onnxruntime', () => {
  let home: string;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'clearcut-home-'));
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  it(
    'leaves no device id and no record of its use in the home of the user',
    async () => {
      const script = join(home, 'open-device.mjs');
      await writeFile(
        script,
        `import { openDevice } from ${JSON.stringify(new URL('./index.js', import.meta.url).href)};
        const options = { device: 'cpu', intraOpThreads: 1, maxBatch: 1, lingerMs: 0 };
        const device = await openDevice(options, { onCrash: (error) => { throw error; } });
        process.stdout.write(device.facts.provider);
        await device.close();`,
      );
      // Where CI is set, or by npm test, it would keep still by itself.
      const { stdout } = await exec(process.execPath, [script], {
        env: { PATH: process.env['PATH'], HOME: home, https_proxy: 'http://127.0.0.1:9' },
      });
      expect(stdout).toBe('cpu');
      expect(await readdir(home)).toEqual(['open-device.mjs']);
    },
    timeoutMs,
  );
});
