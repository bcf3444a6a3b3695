import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, it, jest } from '@jest/globals';
import type { BrowserContextOptions } from 'playwright-core';
import { describeInBrowser, drop, seriousIn, startBrowser, type TestBrowser } from '#test/browser';
import { disc, toJpeg, toPng } from '#test/pictures';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';

jest.setTimeout(300_000);

const execute = promisify(execFile);

const photos = (count: number) =>
  Promise.all(
    Array.from({ length: count }, async (_, i) => ({
      name: `photo-${i + 1}.jpg`,
      mimeType: 'image/jpeg',
      buffer: await toJpeg(disc(100 + i, 80)),
    })),
  );

describeInBrowser('the page in its states', () => {
  let service: Service;
  let browser: TestBrowser;
  let open: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    service = await startService();
    await service.worker.start();
    browser = await startBrowser();
  });
  afterEach(async () => {
    for (const close of open) await close();
    open = [];
  });
  afterAll(async () => {
    await browser.close();
    await service.stop();
  });

  const visit = async (options: BrowserContextOptions = {}) => {
    const visited = await browser.visit(`${service.url}/#key=${service.key}`, options);
    open.push(visited.close);
    return visited;
  };
  /** A page with a finished sample. */
  const withSample = async (options: BrowserContextOptions = {}) => {
    const visited = await visit(options);
    await visited.page.getByRole('button', { name: /Try the sample|Beispiel/ }).click();
    await visited.page.locator('.stage-done').waitFor();
    return visited;
  };

  it('goes on after a reload in mid-batch: nothing is lost, and nothing is done or sent twice', async () => {
    const before = await service.database.task.count();
    await service.worker.stop();
    const { page, faults } = await visit();
    await drop(page, await photos(8));
    await page.getByText('Queue no. 8').waitFor();
    await page.reload();
    await page.getByText('0 of 8 done').waitFor();
    await page.getByText('Queue no. 8').waitFor();
    await service.worker.start();
    await page.getByText('8 of 8 done').waitFor();
    await page.reload();
    await page.getByText('8 of 8 done').waitFor();
    await page.locator('wa-comparison').waitFor();
    // An upload is a task, too.
    expect(await service.database.task.count()).toBe(before + 16);
    expect(faults()).toEqual([]);
  });

  it('offers to make a cutout again that the server keeps no longer', async () => {
    const { page } = await visit();
    await drop(page, await photos(1));
    await page.getByText('1 of 1 done').waitFor();
    await service.database.image.updateMany({ data: { expiresAt: new Date(0) } });
    await page.reload();
    await page.getByText('The server no longer keeps this cutout. Make it again.').waitFor();
    // The original is gone, too, and is sent again.
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.locator('wa-comparison').waitFor();
  });

  it('runs the selected photo again when a setting changes, and sends it once', async () => {
    const { page, faults } = await visit();
    const uploads: string[] = [];
    page.on('request', (request) => {
      if (request.method() === 'PUT') uploads.push(request.url());
    });
    await drop(page, await photos(2));
    await page.getByText('2 of 2 done').waitFor();
    const settings = page.getByRole('region', { name: 'Settings' });
    await settings.getByText('WEBP', { exact: true }).click();
    await page.getByRole('button', { name: 'Apply to 1 photo' }).waitFor();
    await page.locator('.viewer-foot').getByText('WEBP').waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download', exact: true }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('photo-1.webp');
    await page.getByRole('button', { name: 'Apply to 1 photo' }).click();
    await page.getByText('2 of 2 done').waitFor();
    expect(uploads).toHaveLength(2);
    expect(faults()).toEqual([]);
  });

  it('brings photos up to date with the settings, the selected one included, and shows the code of what it shows', async () => {
    const { page, faults } = await visit();
    await drop(page, await photos(2));
    await page.getByText('2 of 2 done').waitFor();
    const settings = page.getByRole('region', { name: 'Settings' });
    const colours = settings.locator('wa-switch').filter({ hasText: 'Clean edge colours' });
    const second = await page.getByRole('option', { name: /photo-2/ }).elementHandle();
    const before = await service.database.task.count();
    // The first photo follows, although another one is selected before it does so.
    await colours.locator('.thumb').evaluate((thumb, other) => {
      for (const each of [thumb, other]) setTimeout(() => (each as unknown as { click(): void }).click());
    }, second);
    await page.getByRole('heading', { name: 'photo-2.jpg' }).waitFor();
    await until('the first photo', async () => (await service.database.task.count()) > before);
    await page.getByText('2 of 2 done').waitFor();
    const apply = page.getByRole('button', { name: 'Apply to 1 photo' });
    const code = async () => {
      await page.getByRole('button', { name: 'Show code' }).click();
      const text = await page.locator('pre.code').textContent();
      await page.keyboard.press('Escape');
      await page.locator('pre.code').waitFor({ state: 'detached' });
      return text;
    };
    expect(await code()).not.toContain('decontaminate');
    await apply.click();
    await apply.waitFor({ state: 'detached' });
    await page.getByText('2 of 2 done').waitFor();
    expect(await code()).toContain('"decontaminate": true');
    await page.getByRole('option', { name: /photo-1/ }).click();
    await page.getByRole('heading', { name: 'photo-1.jpg' }).waitFor();
    expect(await code()).toContain('"decontaminate": true');
    expect(faults()).toEqual([]);
  });

  it('shows code that runs and gives the same cutout', async () => {
    const { page } = await withSample();
    await page.getByRole('button', { name: 'Show code' }).click();
    const code = page.locator('pre.code');
    const env = { ...process.env, CLEARCUT_KEY: service.key, NO_PROXY: '*', no_proxy: '*' };
    const curl = (await code.textContent()) ?? '';
    const { stdout } = await execute('bash', ['-c', curl.replace('curl ', 'curl -s ')], { env });
    expect(JSON.parse(stdout)).toMatchObject({ data: [{ imageURL: expect.stringContaining('/images/') }] });
    await page.getByText('JavaScript', { exact: true }).click();
    expect(await code.textContent()).toContain("import { createClient } from '@clearcut/client'");
    await page.getByText('Python', { exact: true }).click();
    const python = (await code.textContent()) ?? '';
    const size = 'import os; print(os.path.getsize("cat-cutout.png"))';
    const folder = await execute('mktemp', ['-d']);
    const cwd = folder.stdout.trim();
    expect(
      Number((await execute('python3', ['-c', `${python}\n${size}`], { env, cwd })).stdout),
    ).toBeGreaterThan(1000);
  });

  it('can be used by the keyboard alone', async () => {
    const { page, faults } = await visit();
    const tabTo = async (name: string) => {
      for (let i = 0; i < 60; i++) {
        await page.keyboard.press('Tab');
        const focused = await page.evaluate<string>(
          `(() => { let at = document.activeElement; while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
             const host = document.activeElement; return [host.textContent, host.getAttribute('aria-label')].join(' '); })()`,
        );
        if (focused.includes(name)) return;
      }
      throw new Error(`The keyboard does not reach '${name}'.`);
    };
    await tabTo('Try the sample');
    await page.keyboard.press('Enter');
    await page.locator('.stage-done').waitFor();
    await drop(page, await photos(3));
    await page.getByText('4 of 4 done').waitFor();
    await tabTo('cat.webp');
    await page.keyboard.press('End');
    await page.getByRole('heading', { name: 'photo-3.jpg' }).waitFor();
    await page.keyboard.press('ArrowUp');
    await page.getByRole('heading', { name: 'photo-2.jpg' }).waitFor();
    await page.keyboard.press('Delete');
    await page.getByText('3 of 3 done').waitFor();
    await tabTo('Show code');
    await page.keyboard.press('Enter');
    await page.locator('pre.code').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('pre.code').waitFor({ state: 'detached' });
    await tabTo('Download');
    const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
    expect(download.suggestedFilename()).toMatch(/\.png$/);
    expect(faults()).toEqual([]);
  });

  it('fits a phone, where the settings are a dialog', async () => {
    const { page, faults } = await withSample({
      viewport: { width: 390, height: 844 },
      isMobile: true,
      hasTouch: true,
      deviceScaleFactor: 2,
    });
    const overflow = () =>
      page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    expect(await overflow()).toBe(0);
    const before = await service.database.task.count();
    await page.getByRole('button', { name: 'Settings' }).tap();
    await page.locator('wa-dialog[open] wa-switch').first().locator('.thumb').tap();
    await until('the second task', async () => (await service.database.task.count()) > before);
    await page.locator('.stage-done').waitFor();
    expect(await overflow()).toBe(0);
    expect(faults()).toEqual([]);
  });

  it('is dark where the system is, and light when a person says so', async () => {
    const { page } = await visit({ colorScheme: 'dark' });
    const shade = () =>
      page.evaluate<number>(`Number(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0])`);
    await page.getByRole('button', { name: 'Choose photos' }).waitFor();
    expect(await shade()).toBeLessThan(60);
    await page.getByRole('button', { name: 'Appearance: System' }).click();
    expect(await shade()).toBeGreaterThan(200);
    await page.reload();
    await page.getByRole('button', { name: 'Appearance: Light' }).waitFor();
    expect(await shade()).toBeGreaterThan(200);
  });

  it('speaks German where the browser does, and English when a person chooses it', async () => {
    const { page } = await withSample({ locale: 'de-DE' });
    await page.getByText('1 von 1 fertig').waitFor();
    await page.getByRole('combobox', { name: 'Sprache' }).selectOption('English');
    await page.getByText('1 of 1 done').waitFor();
    expect(await page.evaluate('document.documentElement.lang')).toBe('en');
  });

  it('keeps few of 500 photos in the document, and answers at once', async () => {
    await service.worker.stop();
    const { page, faults } = await visit();
    const [one] = await photos(1);
    await drop(
      page,
      Array.from({ length: 505 }, (_, i) => ({ ...one!, name: `p${i}.jpg` })),
    );
    await page.getByText('0 of 500 done').waitFor();
    await page.getByText('5 photos are beyond the limit of 500.').waitFor();
    expect(await page.locator('.photo-row').count()).toBeLessThan(40);
    await page.getByRole('listbox', { name: 'Photos' }).focus();
    await page.keyboard.press('End');
    await page.getByRole('heading', { name: 'p499.jpg' }).waitFor();
    expect(await page.locator('.photo-row').count()).toBeLessThan(40);
    await page.getByRole('button', { name: 'Remove all' }).click();
    await page.locator('wa-dialog[open]').getByRole('button', { name: 'Remove all' }).click();
    await page.getByRole('button', { name: 'Choose photos' }).waitFor();
    expect(faults()).toEqual([]);
    await service.worker.start();
  });

  it.each(['light', 'dark'] as const)('has no serious fault by axe, %s', async (colorScheme) => {
    const { page } = await visit({ colorScheme });
    await page.getByRole('button', { name: 'Choose photos' }).waitFor();
    const found: Record<string, string[]> = { empty: await seriousIn(page) };
    const broken = Buffer.concat([(await toPng(disc(60, 40))).subarray(0, 60), Buffer.alloc(400, 7)]);
    await drop(page, [...(await photos(2)), { name: 'broken.png', mimeType: 'image/png', buffer: broken }]);
    await page.getByText('1 failed').waitFor();
    await page.locator('wa-comparison').waitFor();
    found['done'] = await seriousIn(page);
    await page.keyboard.press('Escape');
    await page.getByRole('option', { name: /broken/ }).click();
    await page.getByRole('alert').filter({ hasText: 'invalidInputImage' }).waitFor();
    found['failed'] = await seriousIn(page);
    await page.getByRole('button', { name: 'API key' }).click();
    await page.getByRole('textbox', { name: 'API key' }).waitFor();
    found['key'] = await seriousIn(page);
    expect(found).toEqual({ empty: [], done: [], failed: [], key: [] });
  });
});
