import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import type { BrowserContextOptions, Page } from 'playwright-core';
import sharp from 'sharp';
import { defaultModel } from '#models';
import { describeInBrowser, drop, startBrowser, type TestBrowser } from '#test/browser';
import { chromiumPath } from '#test/chromium';
import { realWeights } from '#test/real-weights';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';

jest.setTimeout(600_000);

const weights = await realWeights(defaultModel);
const describe = chromiumPath() === undefined ? describeInBrowser : weights.describe;

/** Takes the pictures of the docs anew. */
const isWriting = process.env['PAGE_PICTURES'] === 'write';

const keepPicture = async (page: Page, name: string): Promise<void> => {
  const png = await page.screenshot();
  await sharp(png).webp({ quality: 80, effort: 6 }).toFile(`docs/pictures/${name}.webp`);
};

/** The pictures of this repository in other colours, since they are all that it has. */
const drawn = async (name: string, hue: number) => ({
  name: `${name}-${hue}.jpg`,
  mimeType: 'image/jpeg',
  buffer: await sharp(readFileSync(`docs/pictures/${name}.jpg`))
    .resize(720)
    .modulate({ hue })
    .jpeg()
    .toBuffer(),
});

describe('the page with the default weights', () => {
  let service: Service;
  let browser: TestBrowser;

  beforeAll(async () => {
    service = await startService({
      env: { MODELS_DIR: weights.modelsDir },
      makeCatalogue: async () => new Map([[defaultModel.air, defaultModel]]),
    });
    await service.worker.start();
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await service.stop();
  });

  const visit = (options: BrowserContextOptions = {}) =>
    browser.visit(`${service.url}/#key=${service.key}`, options);

  it('cuts the sample out: its middle is opaque, its corners are clear', async () => {
    const { page, faults, close } = await visit();
    await page.getByRole('button', { name: 'Try the sample' }).click();
    await page.getByText('1 of 1 done').waitFor({ timeout: 300_000 });
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download', exact: true }).click(),
    ]);
    const { data, info } = await sharp(await download.path())
      .raw()
      .toBuffer({ resolveWithObject: true });
    const alphaAt = (x: number, y: number) => data[(Math.floor(y) * info.width + Math.floor(x)) * 4 + 3];
    expect(alphaAt(info.width * 0.45, info.height * 0.5)).toBeGreaterThan(240);
    expect([alphaAt(4, 4), alphaAt(info.width - 5, 4)]).toEqual([0, 0]);
    expect(faults()).toEqual([]);
    await close();
  });

  const drawPictures = async () => {
    const photos = [await drawn('cat', 0)];
    for (let i = 1; i < 9; i++) photos.push(await drawn(i % 2 === 1 ? 'mug' : 'cat', i * 35));
    const looks: readonly (readonly [string, BrowserContextOptions])[] = [
      ['page-dark', { colorScheme: 'dark' }],
      ['page-phone', { viewport: { width: 390, height: 844 }, isMobile: true, deviceScaleFactor: 2 }],
    ];
    for (const [name, options] of looks) {
      const { page, close } = await visit(options);
      await drop(page, photos);
      await page.locator('.stage-done').nth(3).waitFor({ timeout: 300_000 });
      await page.locator('wa-comparison').waitFor({ timeout: 300_000 });
      if (name === 'page-dark') {
        await page.locator('wa-radio[value=cutout]').click();
        await page.getByRole('button', { name: 'White' }).click();
      }
      await keepPicture(page, name);
      await close();
    }
    // A network that is stopped while it runs ends the process.
    const open = { state: { in: ['queued' as const, 'running' as const] } };
    const isOver = async () => (await service.database.task.count({ where: open })) === 0;
    await until('the rest of the batches', isOver, 300_000);
  };
  if (isWriting) it('is drawn for the docs in the dark and on a phone', drawPictures);
});
