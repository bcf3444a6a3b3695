// Draws docs/pictures/page.jpg: the page at / in Chromium after it has cut out three photos, by the real network.
// Run by hand after a build, when the page changes: node tools/draw-page.mjs
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { startService } from './pictures/service.mjs';

const picture = (name) => fileURLToPath(new URL(`../docs/pictures/${name}`, import.meta.url));
const photos = ['bear.jpg', 'cat.jpg', 'mug.jpg'].map(picture);

const packed = (path) => ({ name: basename(path), base64: readFileSync(path, 'base64') });
/** Runs in the browser. */
const toTransfer = (files) => {
  const data = new DataTransfer();
  for (const { name, base64 } of files) {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    data.items.add(new File([bytes], name, { type: 'image/jpeg' }));
  }
  return data;
};

const service = await startService();
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, locale: 'en' });
  page.setDefaultTimeout(120_000);
  await page.goto(`${service.url}/#key=${service.key}`);
  const dataTransfer = await page.evaluateHandle(toTransfer, photos.map(packed));
  for (const type of ['dragenter', 'dragover', 'drop'])
    await page.dispatchEvent('body', type, { dataTransfer });
  await page.getByText('3 of 3 done').waitFor();
  await page.locator('wa-comparison').waitFor();
  // Until pictures are decoded and notices are gone.
  await page.waitForLoadState('networkidle');
  await page.waitForTimeout(6_000);
  await sharp(await page.screenshot())
    .jpeg({ quality: 86, mozjpeg: true, chromaSubsampling: '4:4:4' })
    .toFile(picture('page.jpg'));
} finally {
  await browser.close();
  await service.stop();
}
