import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

/** Where Debian, Ubuntu and macOS have it. */
const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

export const chromiumPath = (): string | undefined => places.find((path) => existsSync(path));

/** Root may not use Chromium's sandbox. */
const ownArgs: readonly string[] = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

export type OwnBrowser = { readonly browser: Browser; readonly close: () => Promise<void> };

/**
 * Starts Chromium without a window. Caches and crash reports go to a folder that `close` removes, not to the
 * user's own.
 * @throws Error when no Chromium is installed
 */
export const launchChromium = async (args: readonly string[] = []): Promise<OwnBrowser> => {
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error('No Chromium is installed.');
  const folder = await mkdtemp(join(tmpdir(), 'clearcut-chromium-'));
  const env = { ...process.env, XDG_CACHE_HOME: join(folder, 'cache'), XDG_CONFIG_HOME: folder };
  const browser = await chromium.launch({ executablePath, args: [...ownArgs, ...args], env });
  return {
    browser,
    close: async () => {
      await browser.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};
