import { describe } from '@jest/globals';
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { chromiumPath, launchChromium } from './chromium.js';

type Visit = {
  readonly page: Page;
  /** Console errors, uncaught errors, failed requests, and requests to any other host. */
  readonly faults: () => readonly string[];
  readonly close: () => Promise<void>;
};

export type TestBrowser = {
  readonly visit: (address: string, options?: BrowserContextOptions) => Promise<Visit>;
  readonly close: () => Promise<void>;
};

const watch = (page: Page, origin: string): string[] => {
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', ({ message }) => faults.push(`uncaught: ${message}`));
  page.on('request', (request) => {
    const url = request.url();
    if (!/^(blob|data):/.test(url) && !url.startsWith(origin)) faults.push(`foreign: ${url}`);
  });
  page.on('websocket', (socket) => {
    if (!socket.url().replace(/^ws/, 'http').startsWith(origin)) faults.push(`foreign: ${socket.url()}`);
  });
  return faults;
};

type DroppedFile = { readonly name: string; readonly mimeType: string; readonly buffer: Buffer };

/** A text, since it runs in the browser, whose types these tests do not have. */
const toTransfer = `(list) => {
  const data = new DataTransfer();
  for (const { name, mimeType, base64 } of list) {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    data.items.add(new File([bytes], name, { type: mimeType }));
  }
  return data;
}`;

/** Drops files on the page, as from the desktop. */
export const drop = async (page: Page, files: readonly DroppedFile[]): Promise<void> => {
  const packed = files.map(({ name, mimeType, buffer }) => ({
    name,
    mimeType,
    base64: buffer.toString('base64'),
  }));
  const dataTransfer = await page.evaluateHandle(`(${toTransfer})(${JSON.stringify(packed)})`);
  for (const type of ['dragenter', 'dragover', 'drop'])
    await page.dispatchEvent('body', type, { dataTransfer });
};

type Violation = { id: string; impact: string; nodes: { html: string }[] };

/** A dialog that is half faded in has half of its contrast. The document does not list what a shadow root animates. */
const untilStill = `(async () => {
  const roots = (root) => [
    root,
    ...[...root.querySelectorAll('*')].flatMap(({ shadowRoot }) => (shadowRoot ? roots(shadowRoot) : [])),
  ];
  const running = () =>
    roots(document)
      .flatMap((root) => root.getAnimations())
      .filter(({ effect, playState }) => playState === 'running' && effect.getComputedTiming().endTime < Infinity)
      .map(({ finished }) => finished);
  const nextFrame = () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  await nextFrame();
  for (let left = running(); left.length > 0; left = running()) {
    await Promise.allSettled(left);
    await nextFrame();
  }
})()`;

/** What axe calls serious or critical, with the elements. */
export const seriousIn = async (page: Page): Promise<string[]> => {
  await page.evaluate(untilStill);
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<{ violations: Violation[] }>('axe.run()');
  return violations
    .filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`);
};

const open = async (browser: Browser, address: string, options: BrowserContextOptions): Promise<Visit> => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  // A loaded machine is no fault of the page.
  context.setDefaultTimeout(90_000);
  const page = await context.newPage();
  const faults = watch(page, new URL(address).origin);
  await page.goto(address);
  return { page, faults: () => faults, close: () => context.close() };
};

/** @throws Error when no Chromium is installed */
export const startBrowser = async (): Promise<TestBrowser> => {
  const { browser, close } = await launchChromium();
  return { visit: (address, options = {}) => open(browser, address, options), close };
};

/** Like Jest's describe. Without Chromium it says aloud that nothing is tested; with CHROMIUM=required it throws. */
export const describeInBrowser = (title: string, tests: () => void): void => {
  if (chromiumPath() !== undefined) return describe(title, tests);
  if (process.env['CHROMIUM'] === 'required')
    throw new Error('Chromium must be installed: apt-get install chromium');
  // Not console.warn, because Jest hides it when all tests of a file are skipped.
  process.stderr.write(
    `\n*** NOTHING is tested of ${title}: no Chromium is installed (apt-get install chromium) ***\n`,
  );
  return describe.skip(`${title}, not run since no Chromium is installed`, tests);
};
