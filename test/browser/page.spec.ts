import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import sharp from 'sharp';
import { describeInBrowser, drop, startBrowser, type TestBrowser } from '#test/browser';
import { disc, toJpeg, toPng } from '#test/pictures';
import { startS3Store } from '#test/s3-store';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';
import { filesOfZip } from '#test/zip';

jest.setTimeout(300_000);

/** What a picker hands over. */
const photo = async (name: string, width = 120, height = 80) => ({
  name,
  mimeType: 'image/jpeg',
  buffer: await toJpeg(disc(width, height)),
});

const alphaAt = async (png: Buffer, x: number, y: number) => {
  const { data, info } = await sharp(png).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return data[(y * info.width + x) * 4 + 3];
};

describeInBrowser('the page', () => {
  let service: Service;
  let browser: TestBrowser;
  let folder: string;
  const withKey = () => `${service.url}/#key=${service.key}`;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'clearcut-page-'));
    service = await startService();
    await service.worker.start();
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('cuts out 30 dropped photos, compares one by the slider, and saves all as a ZIP with their alphas', async () => {
    const { page, faults, close } = await browser.visit(withKey());
    // Chromium would open a dialog of the system.
    await page.evaluate("Reflect.deleteProperty(window, 'showSaveFilePicker')");
    const names = Array.from({ length: 30 }, (_, i) => `photo-${i + 1}.jpg`);
    await drop(page, await Promise.all(names.map((name, i) => photo(name, 120 + i, 80))));
    await page.getByText('30 of 30 done').waitFor();

    await page.locator('wa-comparison').waitFor();
    const positionOf = () =>
      page.locator('wa-comparison').evaluate((each) => (each as unknown as { position: number }).position);
    const before = await positionOf();
    const box = (await page.locator('wa-comparison').boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 4, box.y + box.height / 2, { steps: 4 });
    await page.mouse.up();
    expect(before).toBe(50);
    expect(await positionOf()).toBeLessThan(35);

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download all' }).click(),
    ]);
    const path = join(folder, 'cutouts.zip');
    await download.saveAs(path);
    const files = filesOfZip(readFileSync(path));
    expect([...files.keys()]).toEqual(names.map((name) => name.replace('.jpg', '.png')));
    for (const [i, png] of [...files.values()].entries()) {
      expect(await sharp(png).metadata()).toMatchObject({ width: 120 + i, height: 80, hasAlpha: true });
      expect(await alphaAt(png, 60 + (i >> 1), 40)).toBeGreaterThan(200);
      expect(await alphaAt(png, 2, 2)).toBeLessThan(50);
    }
    expect(faults()).toEqual([]);
    await close();
  });

  it('streams the ZIP into the file that a person chose, folders included', async () => {
    const { page, faults, close } = await browser.visit(withKey());
    // A file of the browser's own, in place of the dialog of the system.
    await page.evaluate(`window.showSaveFilePicker = async () =>
      (await navigator.storage.getDirectory()).getFileHandle('all.zip', { create: true })`);
    await drop(page, [await photo('a.jpg'), await photo('a.jpeg')]);
    await page.getByText('2 of 2 done').waitFor();
    await page.getByRole('button', { name: 'Download all' }).click();
    const written = async () =>
      Buffer.from(
        await page.evaluate<string>(`navigator.storage.getDirectory()
          .then((folder) => folder.getFileHandle('all.zip')).then((handle) => handle.getFile())
          .then((file) => file.arrayBuffer())
          .then((bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))))`),
        'base64',
      );
    const zip = await until('the ZIP', async () => {
      const bytes = await written();
      return bytes.length > 0 ? bytes : undefined;
    });
    expect([...filesOfZip(zip).keys()]).toEqual(['a.png', 'a-2.png']);
    expect(faults()).toEqual([]);
    await close();
  });

  it('takes a folder with the folders in it, and keeps their names', async () => {
    const { page, close } = await browser.visit(withKey());
    await page.evaluate("Reflect.deleteProperty(window, 'showSaveFilePicker')");
    const shoes = join(folder, 'summer', 'shoes');
    mkdirSync(shoes, { recursive: true });
    const { buffer } = await photo('any.jpg');
    writeFileSync(join(folder, 'summer', 'hat.jpg'), buffer);
    writeFileSync(join(shoes, 'red.jpg'), buffer);
    writeFileSync(join(shoes, 'list.txt'), 'no image');
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: 'Choose a folder' }).click(),
    ]);
    await chooser.setFiles(join(folder, 'summer'));
    await page.getByText('2 of 2 done').waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download all' }).click(),
    ]);
    const path = join(folder, 'summer.zip');
    await download.saveAs(path);
    expect([...filesOfZip(readFileSync(path)).keys()].sort()).toEqual([
      'summer/hat.png',
      'summer/shoes/red.png',
    ]);
    await close();
  });

  it('takes the key out of the address, and keeps it for the tab only', async () => {
    const { page, close } = await browser.visit(withKey());
    await page.getByRole('button', { name: 'Choose photos' }).waitFor();
    expect(page.url()).toBe(`${service.url}/`);
    expect(await page.evaluate("localStorage.getItem('clearcut-key')")).toBeNull();
    await page.reload();
    await drop(page, [await photo('again.jpg')]);
    await page.getByText('1 of 1 done').waitFor();
    await close();
  });

  it('says that a file is no image, and shows why a photo failed with its code and what to do', async () => {
    const { page, faults, close } = await browser.visit(withKey());
    const broken = Buffer.concat([(await toPng(disc(60, 40))).subarray(0, 60), Buffer.alloc(400, 7)]);
    await drop(page, [
      { name: 'broken.png', mimeType: 'image/png', buffer: broken },
      { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('no image') },
    ]);
    await page.getByText('One file is no PNG, JPEG or WEBP.').waitFor();
    const failure = page.getByRole('alert').filter({ hasText: 'invalidInputImage' });
    await failure.waitFor();
    expect(await failure.textContent()).toContain('save it again as PNG, JPEG or WEBP');
    await page.getByRole('button', { name: 'Retry the failed one' }).waitFor();
    expect(faults().filter((fault) => !fault.includes('status of 400'))).toEqual([]);
    await close();
  });

  it('asks for the key again when the service refuses it, and works on with a good one', async () => {
    const { page, close } = await browser.visit(`${service.url}/#key=cc_wrong`);
    await drop(page, [await photo('mine.jpg')]);
    await page.getByRole('dialog', { name: 'Enter your API key' }).waitFor();
    const dialog = page.locator('wa-dialog[open]');
    await dialog.getByText('The service refused this key').waitFor();
    await dialog.getByRole('textbox', { name: 'API key' }).fill('cc_also_wrong');
    await dialog.getByRole('button', { name: 'Use this key' }).click();
    await dialog.getByText('The service refused this key').waitFor();
    await dialog.getByRole('textbox', { name: 'API key' }).fill(service.key);
    await dialog.getByRole('button', { name: 'Use this key' }).click();
    await page.getByText('1 of 1 done').waitFor();
    await close();
  });
});

describeInBrowser('the page of a service that keeps its images in S3', () => {
  it('shows cutouts, which the gateway sends in place of a redirect', async () => {
    const store = await startS3Store();
    const service = await startService({ env: store.env });
    const browser = await startBrowser();
    await service.worker.start();
    const { page, faults } = await browser.visit(`${service.url}/#key=${service.key}`);
    await drop(page, [await photo('stored.jpg')]);
    await page.getByText('1 of 1 done').waitFor();
    await page.locator('wa-comparison').waitFor();
    expect(faults()).toEqual([]);
    await browser.close();
    await service.stop();
    await store.stop();
  });
});
