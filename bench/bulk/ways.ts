import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { chromiumPath, launchChromium } from '#test/chromium';
import type { Bench } from '../benchmark.js';
import { familyCpuMs, residentBytes } from '../overhead/figures.js';
import { cpuOf, type Service } from '../overhead/service.js';

/** The photos of a round, and where their cutouts go. */
export type Folder = { readonly photos: readonly string[]; readonly path: string; readonly out: string };

/** Resident bytes of what a person runs: after a third of the photos, and the most from then on. */
type Memory = { readonly earlyBytes: number; readonly peakBytes: number };
export type WayLap = Memory & {
  readonly ms: number;
  /** CPU milliseconds over all cores of what a person runs and of the service, but not of a browser. */
  readonly cpuMs: number;
};

/** One way to cut out a folder of photos. */
export type Way = (folder: Folder) => Promise<WayLap>;

const EVERY_MS = 250;

/** Looks at memory until the work ends. `finishedPart` tells which part of the photos is finished. */
const watchMemory = (
  { stopping }: Bench,
  bytesOf: () => Promise<number | undefined>,
  finishedPart: () => number,
) => {
  let earlyBytes = NaN;
  let peakBytes = NaN;
  const look = async () => {
    const bytes = await bytesOf();
    if (bytes === undefined || finishedPart() < 1 / 3) return;
    if (Number.isNaN(earlyBytes)) earlyBytes = bytes;
    peakBytes = Math.max(Number.isNaN(peakBytes) ? 0 : peakBytes, bytes);
  };
  // A browser that closes amid a look is no fault.
  const timer = setInterval(() => void look().catch(() => undefined), EVERY_MS);
  stopping.signal.addEventListener('abort', () => clearInterval(timer));
  return (): Memory => {
    clearInterval(timer);
    return { earlyBytes, peakBytes };
  };
};

const cli = fileURLToPath(new URL('../../../tools/clearcut.mjs', import.meta.url));

type CommandLine = {
  readonly options: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** The service that it asks. */
  readonly service?: Service;
};

/** `clearcut remove` with these options, as a person runs it. Its time includes the start of the program. */
export const byCommandLine =
  (bench: Bench, { options, env, service }: CommandLine): Way =>
  async ({ photos, path, out }) => {
    const startMs = performance.now();
    const before = service ? await cpuOf(service) : 0;
    let ownMs = 0;
    const child = spawn(process.execPath, [cli, 'remove', path, '-o', out, '--json', ...options], {
      stdio: ['ignore', 'pipe', 'pipe'],
      signal: bench.stopping.signal,
      env: { ...process.env, ...env },
    });
    let lines = 0;
    let faults = '';
    child.stdout.on('data', (text: Buffer) => (lines += text.toString().split('\n').length - 1));
    child.stderr.on('data', (text: Buffer) => (faults += text.toString()));
    const stop = watchMemory(
      bench,
      async () => {
        // NaN once it has ended.
        ownMs = (await familyCpuMs(child.pid)) || ownMs;
        return residentBytes(child.pid);
      },
      () => lines / photos.length,
    );
    const [code] = (await once(child, 'close')) as [number | null];
    const memory = stop();
    if (code !== 0) throw new Error(`clearcut remove ended with code ${code}: ${faults.slice(-500)}`);
    const ofService = service ? (await cpuOf(service)) - before : 0;
    return { ...memory, ms: performance.now() - startMs, cpuMs: ownMs + ofService };
  };

const chooseFiles = async (page: Page, photos: readonly string[]): Promise<void> => {
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: 'Choose photos' }).click(),
  ]);
  await chooser.setFiles([...photos]);
};

/** The page in Chromium, from the choice of files until all are done. Undefined without Chromium. */
export const byPage = (bench: Bench, service: Service): Way | undefined => {
  const { url, key } = service;
  if (chromiumPath() === undefined) return undefined;
  return async ({ photos }) => {
    const { browser, close } = await launchChromium();
    bench.closers.push(close);
    const page = await browser.newPage();
    await page.goto(`${url}/#key=${key}`);
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable');
    const heap = async () => {
      const { metrics } = await session.send('Performance.getMetrics');
      return metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value;
    };
    let part = 0;
    const count = setInterval(() => {
      void page
        .getByText(/^\d+ of \d+ done$/)
        .textContent()
        .then((text) => (part = Number.parseInt(text ?? '0', 10) / photos.length))
        .catch(() => undefined);
    }, 1_000);
    bench.stopping.signal.addEventListener('abort', () => clearInterval(count));
    const startMs = performance.now();
    const before = await cpuOf(service);
    const stop = watchMemory(bench, heap, () => part);
    await chooseFiles(page, photos);
    await page.getByText(`${photos.length} of ${photos.length} done`).waitFor({ timeout: 3_600_000 });
    const ms = performance.now() - startMs;
    const cpuMs = (await cpuOf(service)) - before;
    clearInterval(count);
    const memory = stop();
    await close();
    return { ...memory, ms, cpuMs };
  };
};
