import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { builtInPresets, refinePresets } from '#contract';
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
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clearcut-presets-'));
    const file = join(folder, 'presets.json');
    const own = { description: 'For our windows.', width: 90, height: 70, background: { color: '#123456' } };
    await writeFile(file, JSON.stringify({ presets: { 'our-window': own } }));
    service = await startService({ env: { COMPOSE_PRESETS_FILE: file } });
    await service.worker.start();
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await service.stop();
    await rm(folder, { recursive: true });
  });

  const sizeShown = (page: Page, size: string) => page.locator('.viewer-words', { hasText: size }).waitFor();
  const preset = (page: Page) => page.getByRole('combobox', { name: 'Preset' });

  it('offers every preset of the service, and shows what one makes', async () => {
    const { page, faults, close } = await browser.visit(`${service.url}/#key=${service.key}`);
    const photo = { name: 'disc.png', mimeType: 'image/png', buffer: await toPng(disc(120, 80)) };
    await drop(page, [photo]);
    await sizeShown(page, '120 × 80');
    const names = await preset(page).locator('option').allTextContents();
    expect(names.slice(2)).toEqual([...builtInPresets.keys(), 'our-window']);

    await preset(page).selectOption('our-window');
    await sizeShown(page, '90 × 70');
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

  it('sends the preset for a kind of edge', async () => {
    const { page, faults, close } = await browser.visit(`${service.url}/#key=${service.key}`);
    await drop(page, [{ name: 'disc.png', mimeType: 'image/png', buffer: await toPng(disc(120, 80)) }]);
    await sizeShown(page, '120 × 80');
    const kinds = page.getByRole('combobox', { name: 'Kind of edge' });
    const offered = await kinds
      .locator('option')
      .evaluateAll((options) =>
        options
          .map((option) => (option as unknown as { value: string }).value)
          .filter((value) => value !== ''),
      );
    expect(offered).toEqual(Object.keys(refinePresets).filter((name) => name !== 'none'));
    await kinds.selectOption('product');
    await until('the task with the preset', async () => {
      const ended = await service.database.task.findMany({ where: { state: 'succeeded' } });
      return ended.some(({ request }) => JSON.stringify(request).includes('"erodeSize":5'));
    });
    await page.getByRole('button', { name: 'Show code' }).click();
    await page.locator('.code', { hasText: '"preset": "product"' }).first().waitFor();
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
