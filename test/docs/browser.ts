import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { launchChromium } from '#test/chromium';
import { disc, toJpeg } from '#test/pictures';

/** Where the page is. CORS_ORIGINS of the service names it, and nobody serves it. */
export const pageOrigin = 'http://shop.example';

// Chromium would ask the user whether a page of the web may call an address of this machine.
const args = ['--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests'];

/**
 * Opens a page of the documents in Chromium, with the client beside it, picks a photo of 60 pixels across in its file
 * input, and waits until a picture appears.
 *
 * @returns the width of the picture
 */
export const visit = async (html: string, key: string): Promise<number> => {
  const { browser, close } = await launchChromium(args);
  try {
    const page = await browser.newPage();
    await page.route(`${pageOrigin}/**`, async (route) => {
      const [, file] = /\/clearcut\/([\w-]+\.js)$/.exec(new URL(route.request().url()).pathname) ?? [];
      if (file === undefined) return route.fulfill({ contentType: 'text/html', body: html });
      const body = await readFile(join('dist/libs/client/src', file));
      return route.fulfill({ contentType: 'text/javascript', body });
    });
    await page.goto(`${pageOrigin}/?key=${encodeURIComponent(key)}`);
    const buffer = await toJpeg(disc(60, 40));
    await page.setInputFiles('input', { name: 'photo.jpg', mimeType: 'image/jpeg', buffer });
    const picture = page.locator('img');
    await picture.waitFor({ timeout: 60_000 });
    return await picture.evaluate((image: { naturalWidth: number }) => image.naturalWidth);
  } finally {
    await close();
  }
};
