import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { benchmarks } from './benchmarks.js';

const exec = promisify(execFile);
const main = fileURLToPath(new URL('main.js', import.meta.url));
const timeoutMs = 300_000;

describe('npm run bench', () => {
  let folder: string;
  const bin = () => join(folder, 'bin');
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clearcut-benches-'));
    await chmod(folder, 0o755);
    await mkdir(bin());
    await symlink(process.execPath, join(bin(), 'node'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Runs without Python, Redis and files of earlier runs, as on a machine with Node.js only. */
  const bench = async (...args: string[]) => {
    const home = await mkdtemp(join(folder, 'home-'));
    const env = { PATH: bin(), HOME: home, WORKER_CONCURRENCY: '1' };
    const { stdout } = await exec(process.execPath, [main, 'bench', ...args], { cwd: folder, env });
    return { stdout, home };
  };

  it('lists every benchmark', async () => {
    const { stdout } = await bench();
    for (const [name, { about }] of Object.entries(benchmarks))
      expect(stdout).toMatch(new RegExp(`^  ${name} +${about.slice(0, 20)}`, 'm'));
  });

  /** The end of each output. */
  const endings: Readonly<Record<string, RegExp>> = {
    bulk: /\n  server +\d.+\n(?:  page +\d.+\n)?$/,
    capacity:
      /\n\| Postgres, .+\n[^]*\n\| Postgres, idle \| (?:[\d.]+ \| ){4}— \| [\d.]+ \| [\d.]+ kB \|\n[^]*\nCommits\/s of 8 clients: \d+ silent, \d+ notifying\n(?:\n[^]*\n\| all \|.+\|\n)?$/,
    decode: /\nprice of the process: -?\d+\.\d ms an image\n$/,
    device: /\n {2}limit +\S.*\n$/,
    door: /\nuploads {7}\d+ × .+\n[^]*\n\| +100 \|.+\|\n(?:\*{3} redis-server is not .+\n)?$/,
    edges: /\nhair, .+\n(?:\|.+\|\n){5}$/,
    fair: /\nJain's index over \d+ keys: \d\.\d{3} \(goal 0\.95\)\n$/,
    growth: /\n\| last ÷ first .+\n\nUpdates of a task's row: \d\.\d, of which \d+ % .+\n$/,
    'in-graph': /\n  in the graph +\d+\.\d +\d+\.\d +0\n$/,
    matting:
      /\*\*\* pymatting cannot be installed, .+ \*\*\*\n[^]*\n {2}round 1 {3}ours +\d+\.\d\d s.*\n {2}error where .+ \d+\.\d\d after\n$/,
    memory: /\n(peak|growth) +\S.*\n$/,
    overhead: /\nmemory +worker \d+ MB {3}bare loop published \d+ MB {2}prepared \d+ MB \(peak\)\n$/,
    rembg: /^\*\*\* rembg cannot be installed, .+ \*\*\*\n$/,
    resize: /\ndown and up ÷ sharp's decode and resize: \d+\.\d\d.*\n$/,
  };

  it.each(Object.keys(benchmarks))(
    'runs %s to its end at its smallest size',
    async (name) => {
      const { stdout, home } = await bench(name, '--smallest');
      expect(stdout).toMatch(endings[name] ?? /^the end of this output is missing in the list above$/);
      // The telemetry of onnxruntime would store a device id there.
      expect(await readdir(home)).not.toContain('.cache');
    },
    timeoutMs,
  );
});
