import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import type { Page } from 'playwright-core';
import { describeInBrowser, drop, seriousIn, startBrowser, type TestBrowser } from '#test/browser';
import { startService, type Service } from '#test/service';
import { alphaOf, errorOf, HEIGHT, photoOf, scenes, WIDTH, type TouchUpScene } from '#test/touch-up-scenes';
import { until } from '#test/until';

jest.setTimeout(300_000);

const [hole] = scenes as [TouchUpScene];

describeInBrowser('the brush of the page', () => {
  let service: Service;
  let browser: TestBrowser;
  let photo: Buffer;
  beforeAll(async () => {
    service = await startService();
    await service.worker.start();
    browser = await startBrowser();
    photo = await photoOf(hole);
  });
  afterAll(async () => {
    await browser.close();
    await service.stop();
  });

  const visitWith = async (count: number) => {
    const visit = await browser.visit(`${service.url}/#key=${service.key}`);
    const files = Array.from({ length: count }, (_, i) => ({
      name: `photo-${i + 1}.png`,
      mimeType: 'image/png',
      buffer: photo,
    }));
    await drop(visit.page, files);
    await visit.page.getByText(`${count} of ${count} done`).waitFor();
    await visit.page.getByRole('button', { name: 'Touch up' }).click();
    await surfaceOf(visit.page).waitFor();
    return visit;
  };
  const surfaceOf = (page: Page) => page.getByRole('img', { name: 'The result to paint on' });
  const choose = (page: Page, tool: string) => page.getByRole('radio', { name: tool }).click();
  const setSize = (page: Page, percent: number) =>
    page.getByRole('slider', { name: 'Size' }).fill(`${percent}`);
  const applyButton = (page: Page) => page.getByRole('button', { name: 'Apply', exact: true });

  /** From pixels of the photo to those of the window. */
  const placer = async (page: Page) => {
    const box = (await surfaceOf(page).boundingBox())!;
    return (x: number, y: number) =>
      [box.x + (x * box.width) / WIDTH, box.y + (y * box.height) / HEIGHT] as const;
  };
  const paint = async (page: Page, dots: readonly (readonly [x: number, y: number])[]) => {
    const place = await placer(page);
    await page.mouse.move(...place(...dots[0]!));
    await page.mouse.down();
    for (const dot of dots.slice(1)) await page.mouse.move(...place(...dot), { steps: 4 });
    await page.mouse.up();
  };
  /** Pixels of the surface that strokes cover. */
  const covered = (page: Page) =>
    page.evaluate<number>(`(() => {
      const canvas = document.querySelector('canvas.brush-canvas');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return data.filter((sample, i) => i % 4 === 3 && sample > 127).length;
    })()`);
  /** Strokes of the first photo in the browser's own store. */
  const keptStrokes = (page: Page) =>
    page.evaluate<number>(`new Promise((resolve, reject) => {
      const opening = indexedDB.open('clearcut');
      opening.onerror = () => reject(opening.error);
      opening.onsuccess = () => {
        const reading = opening.result.transaction('photos').objectStore('photos').getAll();
        reading.onerror = () => reject(reading.error);
        reading.onsuccess = () => {
          opening.result.close();
          resolve(reading.result[0]?.painted?.strokes.length ?? 0);
        };
      };
    })`);
  const tasks = () =>
    service.database.task.findMany({ orderBy: { id: 'asc' }, where: { taskType: 'removeBackground' } });
  /** Errors of the latest results. */
  const errorsOfLast = async (count: number) => {
    const rows = (await tasks()).slice(-count);
    return Promise.all(
      rows.map(async ({ outputImageId }) => {
        const response = await fetch(`${service.url}/images/${outputImageId}.png`);
        return errorOf(hole, await alphaOf(Buffer.from(await response.arrayBuffer())));
      }),
    );
  };
  const [cx, cy] = [WIDTH / 2, HEIGHT / 2 + 20];
  /** Over the hole, from left to right. */
  const stroke = [
    [cx - 10, cy],
    [cx + 10, cy],
  ] as const;

  it('erases a filled hole by one stroke, without the network, and takes the stroke back', async () => {
    const { page, faults, close } = await visitWith(1);
    expect((await errorsOfLast(1))[0]).toBeGreaterThan(25);
    await choose(page, 'Erase');
    await setSize(page, 12);
    await paint(page, stroke);
    expect(await covered(page)).toBeGreaterThan(500);
    expect(await seriousIn(page)).toEqual([]);
    const picture = process.env['BRUSH_PICTURE'];
    if (picture) await page.screenshot({ path: picture });

    await applyButton(page).click();
    await until('the touched-up result', async () => (await covered(page)) === 0);
    expect((await errorsOfLast(1))[0]).toBeLessThan(8);
    const touched = (await tasks()).at(-1)!;
    expect([touched.inferMs, Number(touched.cost)]).toEqual([null, 0.0001]);

    await page.getByRole('button', { name: 'Undo the last stroke' }).click();
    await applyButton(page).click();
    await until('the former result', async () => {
      const rows = await tasks();
      return rows.length === 3 && rows.at(-1)!.state === 'succeeded';
    });
    expect((await errorsOfLast(1))[0]).toBeGreaterThan(25);
    expect(faults()).toEqual([]);
    await close();
  });

  it('keeps strokes while its tab is closed', async () => {
    const { page, faults, close } = await visitWith(1);
    await choose(page, 'Erase');
    await setSize(page, 12);
    await paint(page, stroke);
    await applyButton(page).click();
    await until('the touched-up result', async () => (await covered(page)) === 0);
    await paint(page, stroke);
    const before = await covered(page);
    expect(before).toBeGreaterThan(500);

    await until('the strokes in the store', async () => (await keptStrokes(page)) === 2);
    await page.reload();
    await page.getByRole('button', { name: 'Touch up' }).click();
    await surfaceOf(page).waitFor();
    await until('the stroke that was not applied', async () => (await covered(page)) === before);
    const undo = page.getByRole('button', { name: 'Undo the last stroke' });
    await undo.click();
    expect(await applyButton(page).isDisabled()).toBe(true);
    await undo.click();
    expect(await applyButton(page).isDisabled()).toBe(false);
    expect(faults()).toEqual([]);
    await close();
  });

  it('undoes a stroke by keyboard, and draws a light pen thinner', async () => {
    const { page, faults, close } = await visitWith(1);
    await setSize(page, 12);
    await paint(page, stroke);
    const byMouse = await covered(page);
    await surfaceOf(page).press('Control+z');
    await until('the undo', async () => (await covered(page)) === 0);
    expect(await applyButton(page).isDisabled()).toBe(true);

    const place = await placer(page);
    const session = await page.context().newCDPSession(page);
    const pen = (type: 'mousePressed' | 'mouseMoved' | 'mouseReleased', x: number, y: number) => {
      const [left, top] = place(x, y);
      const pressed = { button: 'left', buttons: 1, clickCount: 1, pointerType: 'pen', force: 0.1 } as const;
      return session.send('Input.dispatchMouseEvent', { type, x: left, y: top, ...pressed });
    };
    await pen('mousePressed', ...stroke[0]);
    await pen('mouseMoved', ...stroke[1]);
    await pen('mouseReleased', ...stroke[1]);
    expect(await covered(page)).toBeGreaterThan(0);
    expect(await covered(page)).toBeLessThan(byMouse / 2);
    expect(faults()).toEqual([]);
    await close();
  });

  it('applies the strokes of one photo to all', async () => {
    const { page, faults, close } = await visitWith(3);
    await choose(page, 'Erase');
    await setSize(page, 12);
    await paint(page, stroke);
    const before = (await tasks()).length;
    await page.getByRole('button', { name: 'Apply to all 3' }).click();
    await until('three more tasks', async () => {
      const rows = (await tasks()).slice(before);
      return rows.length === 3 && rows.every(({ state }) => state === 'succeeded');
    });
    for (const error of await errorsOfLast(3)) expect(error).toBeLessThan(8);
    await page.getByText('3 of 3 done').waitFor();
    expect(faults()).toEqual([]);
    await close();
  });
});
