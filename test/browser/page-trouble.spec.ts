import { afterAll, afterEach, beforeAll, expect, it, jest } from '@jest/globals';
import type { BrowserContextOptions, Page, WebSocketRoute } from 'playwright-core';
import { MAX_IMAGE_BYTES } from '#contract';
import { describeInBrowser, drop, startBrowser, type TestBrowser } from '#test/browser';
import { disc, toJpeg, toPng } from '#test/pictures';
import { startService, type Service } from '#test/service';

jest.setTimeout(300_000);

const photo = async (name: string) => ({
  name,
  mimeType: 'image/jpeg',
  buffer: await toJpeg(disc(100, 80)),
});

/** The page makes the file itself, since one of this size is slow to hand over. */
const dropLarge = async (page: Page, bytes: number): Promise<void> => {
  const dataTransfer = await page.evaluateHandle(`(() => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(${bytes})], 'large.jpg', { type: 'image/jpeg' }));
    return data;
  })()`);
  await page.dispatchEvent('body', 'drop', { dataTransfer });
};

describeInBrowser('the page in trouble', () => {
  let service: Service;
  let browser: TestBrowser;
  let close = async () => {};

  beforeAll(async () => {
    service = await startService();
    await service.worker.start();
    browser = await startBrowser();
  });
  afterEach(() => close());
  afterAll(async () => {
    await browser.close();
    await service.stop();
  });

  const visit = async (options: BrowserContextOptions = {}): Promise<Page> => {
    const visited = await browser.visit(`${service.url}/#key=${service.key}`, options);
    close = visited.close;
    return visited.page;
  };
  const notices = (page: Page) => page.locator('.notice');

  it('says that the service cannot be reached until a request succeeds', async () => {
    const page = await visit();
    let isAway = true;
    await page.route('**/v1/images/*', (route) => (isAway ? route.abort() : route.continue()));
    await drop(page, [await photo('a.jpg')]);
    await notices(page).filter({ hasText: 'cannot be reached' }).waitFor();
    isAway = false;
    await page.getByText('1 of 1 done').waitFor();
    expect(await notices(page).allTextContents()).toEqual([]);
  });

  it.each([
    ['en', 'no worker', 'No worker serves the model now. The photo goes on once one does.'],
    ['de', 'kein Worker', 'Zurzeit hat kein Worker das Modell. Das Foto geht weiter, sobald einer es hat.'],
  ])('says that no worker serves the model until one does: %s', async (locale, short, sentence) => {
    await service.worker.stop();
    const page = await visit({ locale });
    await drop(page, [await photo('a.jpg')]);
    await page.locator('.row-stage-text', { hasText: short }).waitFor();
    await page.locator('.overlay', { hasText: sentence }).waitFor();
    await service.worker.start();
    await page.locator('.stage-done').waitFor();
    expect(await page.getByText(short).count()).toBe(0);
  });

  it('says that the WebSocket is lost until it is open again', async () => {
    const page = await visit();
    const sockets: WebSocketRoute[] = [];
    let comeBack = () => {};
    const isBack = new Promise<void>((resolve) => (comeBack = resolve));
    await page.routeWebSocket(/./, async (socket) => {
      if (sockets.push(socket) > 1) await isBack;
      socket.connectToServer();
    });
    // Sockets of a page that is open already are not routed.
    await page.reload();
    await service.worker.stop();
    await drop(page, [await photo('a.jpg')]);
    await page.getByText('Queue no. 1').first().waitFor();
    await sockets[0]?.close();
    await notices(page).filter({ hasText: 'The WebSocket is not open' }).waitFor();
    comeBack();
    await service.worker.start();
    await page.getByText('1 of 1 done').waitFor();
    expect(await notices(page).allTextContents()).toEqual([]);
  });

  it.each([
    ['en', 'Make the file smaller: an image has at most 47 MB.'],
    ['de', 'Bitte die Datei verkleinern: Ein Bild hat höchstens 47 MB.'],
  ])('sends no file beyond the limit, and says so as the service does: %s', async (locale, remedy) => {
    const page = await visit({ locale, viewport: { width: 1280, height: 800 } });
    const uploads: string[] = [];
    page.on('request', (request) => {
      if (request.method() === 'PUT') uploads.push(request.url());
    });
    await dropLarge(page, MAX_IMAGE_BYTES + 1);
    const failure = page.getByRole('alert').filter({ hasText: 'maxBodySizeExceeded' });
    await failure.waitFor();
    expect(await failure.textContent()).toContain(remedy);
    expect(await failure.getByRole('link').getAttribute('href')).toBe(
      `${service.url}/reference#error-maxbodysizeexceeded`,
    );
    expect(uploads).toEqual([]);
  });

  it('leaves the code of a failed photo free of the buttons of its row', async () => {
    const page = await visit({ viewport: { width: 1280, height: 800 } });
    // Fails with a long code.
    await dropLarge(page, MAX_IMAGE_BYTES + 1);
    const code = page.locator('.row-stage-text');
    await code.filter({ hasText: 'maxBodySizeExceeded' }).waitFor();
    const [text, buttons] = [await code.boundingBox(), await page.locator('.row-actions').boundingBox()];
    expect(text!.x + text!.width).toBeLessThanOrEqual(buttons!.x);
  });

  it('marks what the service says in English as English on a German page', async () => {
    const page = await visit({ locale: 'de-DE' });
    const broken = Buffer.concat([(await toPng(disc(60, 40))).subarray(0, 60), Buffer.alloc(400, 7)]);
    await drop(page, [{ name: 'broken.png', mimeType: 'image/png', buffer: broken }]);
    await page.locator('.failure h2[lang=en]').waitFor();
    const models = await fetch(`${service.url}/v1/models`);
    const [model] = ((await models.json()) as { data: readonly { goodAt: string }[] }).data;
    await page.locator('.model [lang=en]').filter({ hasText: model!.goodAt }).waitFor();
    await page.locator('.licence[lang=en] [lang=de]').waitFor();
  });
});
