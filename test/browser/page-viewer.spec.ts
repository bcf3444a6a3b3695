import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { describeInBrowser, drop, startBrowser, type TestBrowser } from '#test/browser';
import { disc, toJpeg, toPng } from '#test/pictures';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';

jest.setTimeout(300_000);

const WIDTH = 120;
const HEIGHT = 80;
const photo = async (name = 'mug.jpg') => ({
  name,
  mimeType: 'image/jpeg',
  buffer: await toJpeg(disc(WIDTH, HEIGHT)),
});

describeInBrowser('the viewer of the page', () => {
  let service: Service;
  let browser: TestBrowser;
  const withKey = () => `${service.url}/#key=${service.key}`;

  beforeAll(async () => {
    service = await startService();
    await service.worker.start();
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await service.stop();
  });

  /** The page with one photo that is done, as a cutout. */
  const visitWithCutout = async () => {
    const visit = await browser.visit(withKey());
    await drop(visit.page, [await photo()]);
    await visit.page.getByText('1 of 1 done').waitFor();
    await visit.page.getByRole('radio', { name: 'Cutout' }).click();
    await visit.page.getByAltText('Cutout').waitFor();
    return visit;
  };

  /** Red, green and blue near a corner of the picture, which is round, where its photo has no subject. */
  const cornerOf = async (page: Page): Promise<number[]> => {
    const shot = await page.locator('.canvas > .picture').screenshot();
    const pixel = { left: 8, top: 8, width: 1, height: 1 };
    return [...(await sharp(shot).removeAlpha().extract(pixel).raw().toBuffer())];
  };

  it('takes a photo that is pasted', async () => {
    const { page, faults, close } = await browser.visit(withKey());
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const base64 = (await toPng(disc(WIDTH, HEIGHT))).toString('base64');
    await page.evaluate(`(async () => {
      const bytes = Uint8Array.from(atob('${base64}'), (letter) => letter.charCodeAt(0));
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': new Blob([bytes], { type: 'image/png' }) })]);
    })()`);
    await page.keyboard.press('Control+V');
    await page.getByText('1 of 1 done').waitFor();
    expect(faults()).toEqual([]);
    await close();
  });

  it('lays the cutout on white, a colour, and a picture of the person', async () => {
    const { page, faults, close } = await visitWithCutout();

    /** The page draws soon after, not at once. */
    const untilCornerIs = (rgb: readonly number[]) =>
      until(
        `a corner of ${rgb.join()}`,
        async () => (await cornerOf(page)).join() === rgb.join() || undefined,
      );

    await page.getByRole('button', { name: 'White' }).click();
    await untilCornerIs([255, 255, 255]);

    await page.locator('input[type=color]').fill('#1a7f37');
    await untilCornerIs([0x1a, 0x7f, 0x37]);

    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: 'Your picture' }).click(),
    ]);
    const background = { r: 20, g: 60, b: 200 };
    const buffer = await sharp({ create: { width: 50, height: 50, channels: 3, background } })
      .png()
      .toBuffer();
    await chooser.setFiles({ name: 'sea.png', mimeType: 'image/png', buffer });
    await untilCornerIs([20, 60, 200]);
    expect(faults()).toEqual([]);
    await close();
  });

  it('zooms to the pixels, beyond them, and back', async () => {
    const { page, faults, close } = await visitWithCutout();
    const widthOf = async () => (await page.locator('.canvas > .picture').boundingBox())!.width;
    const fitted = await widthOf();

    await page.getByTitle('Actual pixels').click();
    await page.getByText('100 %', { exact: true }).waitFor();
    expect(await widthOf()).toBe(WIDTH);

    await page.getByRole('button', { name: 'Zoom in' }).click();
    await page.getByText('200 %').waitFor();
    expect(await widthOf()).toBe(2 * WIDTH);
    // Pixels show as squares.
    expect(await page.locator('.picture.pixels').count()).toBe(1);

    await page.getByRole('button', { name: 'Zoom out' }).click();
    await page.getByText('100 %', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Fit', exact: true }).last().click();
    expect(await widthOf()).toBe(fitted);
    expect(faults()).toEqual([]);
    await close();
  });
});
