import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { endlessNpm, failingNpm, onceNpm, silentNpm, withNpm } from '../test/fake-npm.js';
import { recorder } from '../test/recorder.js';
import { content, files, modelFrom, newFolder, npmFileFrom, tarballOf } from '../test/tiny-package.js';
import { fetchNpm } from './fetch-npm.js';
import { ensureWeights, WeightsError } from './index.js';

const setUp = async () => {
  const tarball = await tarballOf(files);

  return { model: modelFrom(tarball), tarball, progress: recorder(), modelsDir: await newFolder() };
};

describe('a fetch that fails', () => {
  it('passes on the message of npm and the next step', async () => {
    const { model, tarball, progress, modelsDir } = await setUp();
    await rm(tarball);

    const attempt = ensureWeights(model, { modelsDir, progress });

    await expect(attempt).rejects.toThrow(WeightsError);
    await expect(attempt).rejects.toThrow(
      /^npm could not fetch the package \S+\.tgz: ENOENT.*; run the same command again\.$/,
    );
    expect(await readdir(modelsDir)).toEqual([]);
    expect(progress.lines.at(-1)).toBe('done');
  });

  it('names other ways at once when the registry cannot be reached', async () => {
    const { model, progress, modelsDir } = await setUp();

    await withNpm(onceNpm('ENOTFOUND', 'getaddrinfo ENOTFOUND registry.example'), () =>
      expect(ensureWeights(model, { modelsDir, progress })).rejects.toThrow(
        /: getaddrinfo ENOTFOUND registry\.example; without access .* "npx clearcut models import" or set MODELS_MIRROR\.$/,
      ),
    );
  });

  it('names other ways while nothing arrives', async () => {
    const { tarball } = await setUp();
    const stop = new AbortController();
    const notes: string[] = [];
    const note = (line: string) => {
      notes.push(line);
      stop.abort(new Error('seen'));
    };
    const progress = { ...recorder(), note };
    const file = npmFileFrom(tarball);

    await withNpm(silentNpm, async () => {
      const work = await newFolder();
      const fetch = { work, progress, signal: stop.signal, silenceMs: 0 };
      await expect(fetchNpm(file, join(work, 'file'), fetch)).rejects.toThrow();
    });
    expect(notes).toEqual([expect.stringMatching(/: nothing has arrived yet; .* or set MODELS_MIRROR\.$/)]);
  });

  it('lets npm try again after a fault that may pass', async () => {
    const { model, progress, modelsDir } = await setUp();
    const script = `
      const retries = process.argv.find((argument) => argument.startsWith('--fetch-retries'));
      console.log(JSON.stringify({ error: { code: 'ECONNRESET', summary: retries ?? 'retries of npm' } }));
      process.exitCode = 1;
    `;
    await withNpm(script, () =>
      expect(ensureWeights(model, { modelsDir, progress })).rejects.toThrow(
        /: ECONNRESET, retries of npm; run the same command again\.$/,
      ),
    );
  });

  it('passes on the last lines of a crashed npm', async () => {
    const { model, progress, modelsDir } = await setUp();
    const script = "console.error('out of\\ncheese'); process.exit(7);";

    await withNpm(script, () =>
      expect(ensureWeights(model, { modelsDir, progress })).rejects.toThrow(
        /: npm ended with exit code 7, cheese; /,
      ),
    );
  });

  it('names the disk space that it needs before it starts', async () => {
    const { tarball, progress, modelsDir } = await setUp();
    const npm = { ...npmFileFrom(tarball).npm, tarballBytes: 136e6 };
    const large = modelFrom(tarball, { bytes: 88e6, sources: [npm] });

    await expect(
      ensureWeights(large, { modelsDir, progress, freeBytes: async () => 12.9e6 }),
    ).rejects.toThrow(
      `The folder ${modelsDir} needs 360 MB of free disk space to fetch tiny (fp32), and 12 MB are free: ` +
        'make room or choose another models folder, then run the same command again.',
    );
    expect(progress.lines).toEqual([]);
  });

  it('names the disk space that it needs when the disk fills up meanwhile', async () => {
    const { model, progress, modelsDir } = await setUp();

    await withNpm(failingNpm('ENOSPC', 'no space left on device, write'), () =>
      expect(ensureWeights(model, { modelsDir, progress, freeBytes: async () => 5e6 })).rejects.toThrow(
        `The folder ${modelsDir} needs 1 MB of free disk space`,
      ),
    );
  });

  it('stops npm and cleans up when its signal aborts', async () => {
    const { model, modelsDir } = await setUp();
    const stop = new AbortController();
    const reason = new Error('the operator went home');
    const update = (bytes: number) => void (bytes > 0 && stop.abort(reason));
    const progress = { ...recorder(), start: () => ({ update, done: () => undefined }) };

    await withNpm(endlessNpm, () =>
      expect(ensureWeights(model, { modelsDir, progress, signal: stop.signal })).rejects.toBe(reason),
    );

    expect(await readdir(modelsDir)).toEqual([]);
  });

  it('is taken up by the next start after it was killed', async () => {
    const { model, progress, modelsDir } = await setUp();
    await withNpm(endlessNpm, async (env) => {
      const child = startElsewhere(model, modelsDir, env);
      await once(child.stdout, 'data');
      child.kill('SIGKILL');
      await once(child, 'close');
    });
    const [leftover = ''] = await readdir(modelsDir);
    expect(await readFile(join(modelsDir, leftover, 'npm-cache', 'half'), 'utf8')).toBe('half a tarball');

    const { path } = await ensureWeights(model, { modelsDir, progress });

    expect(await readFile(path)).toEqual(content);
    expect(await readdir(modelsDir)).toEqual(['sha256']);
  });
});

/** A process that fetches, and prints a line when the first bytes have arrived. */
const startElsewhere = (model: unknown, modelsDir: string, env: NodeJS.ProcessEnv) => {
  const script = `
    import { ensureWeights } from ${JSON.stringify(new URL('index.js', import.meta.url).href)};
    const silent = () => undefined;
    const update = (bytes) => bytes > 0 && console.log(bytes);
    const progress = { start: () => ({ update, done: silent }), note: silent };
    await ensureWeights(${JSON.stringify(model)}, { modelsDir: ${JSON.stringify(modelsDir)}, progress });
  `;

  return spawn(process.execPath, ['--input-type=module', '--eval', script], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
};
