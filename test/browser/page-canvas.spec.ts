import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { builtInPresets } from '#contract';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { describeInBrowser, drop, seriousIn, startBrowser, type TestBrowser } from '#test/browser';
import { disc, flat, toPng } from '#test/pictures';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';

jest.setTimeout(300_000);

describeInBrowser('the canvas of the page', () => {
  let service: Service;
  let browser: TestBrowser;
  beforeAll(async () => {
    service = await startService();
    await service.worker.start();
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await service.stop();
  });

  const sizeShown = (page: Page, size: string) => page.locator('.viewer-words', { hasText: size }).waitFor();
  const preset = (page: Page) => page.getByRole('combobox', { name: 'Preset' });

  it('offers every built-in preset, and shows what one makes', async () => {
    const { page, faults, close } = await browser.visit(`${service.url}/#key=${service.key}`);
    const photo = { name: 'disc.png', mimeType: 'image/png', buffer: await toPng(disc(120, 80)) };
    await drop(page, [photo]);
    await sizeShown(page, '120 × 80');
    const names = await preset(page).locator('option').allTextContents();
    expect(names.slice(2)).toEqual([...builtInPresets.keys()]);

    await preset(page).selectOption('sticker-512');
    await sizeShown(page, '512 × 512');
    await page.locator('img[alt="Cutout"]').waitFor();
    expect(await page.locator('wa-comparison').count()).toBe(0);
    await page.getByRole('button', { name: 'Show code' }).click();
    expect(await page.locator('.code').first().textContent()).toContain('"preset": "sticker-512"');
    expect(await seriousIn(page)).toEqual([]);
    expect(faults()).toEqual([]);
    await close();
  });

  it('puts the subject on a picture, in a size of its own', async () => {
    const { page, faults, close } = await browser.visit(`${service.url}/#key=${service.key}`);
    await drop(page, [{ name: 'disc.png', mimeType: 'image/png', buffer: await toPng(disc(120, 80)) }]);
    await sizeShown(page, '120 × 80');
    await preset(page).selectOption('own');
    await page.getByRole('spinbutton', { name: 'Width' }).fill('300');
    await page.getByRole('spinbutton', { name: 'Height' }).fill('200');
    await page.getByRole('spinbutton', { name: 'Height' }).blur();
    await page.getByRole('combobox', { name: 'Background' }).selectOption('picture');
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: 'Choose a picture' }).click(),
    ]);
    const red = await toPng(flat(30, 20, [255, 0, 0]));
    await chooser.setFiles({ name: 'red.png', mimeType: 'image/png', buffer: red });
    await page.getByText('red.png').waitFor();
    await page.getByRole('combobox', { name: 'Shadow' }).selectOption('contact');
    await sizeShown(page, '300 × 200');

    const corner = async () => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Download', exact: true }).click(),
      ]);
      const { data, info } = await sharp(readFileSync(await download.path()))
        .raw()
        .toBuffer({ resolveWithObject: true });
      return [info.width, info.height, ...data.subarray(0, 3)].join();
    };
    await until('the picture behind the subject', async () => (await corner()) === '300,200,255,0,0');
    expect(faults()).toEqual([]);
    await close();
  });
});
