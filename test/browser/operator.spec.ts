import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeInBrowser, seriousIn, startBrowser, type TestBrowser } from '#test/browser';
import { createClient, removal, type Client } from '#test/client';
import { disc, toPng } from '#test/pictures';
import { startReceiver, type Receiver } from '#test/receiver';
import { insertRemoval, insertSucceeded } from '#test/removal-tasks';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';

const token = 'a-token-of-the-operator-0123456789';

describeInBrowser("the operator's page", () => {
  let service: Service;
  let receiver: Receiver;
  let browser: TestBrowser;
  let photo: string;
  beforeAll(async () => {
    receiver = await startReceiver();
    service = await startService({
      admin: true,
      env: { ADMIN_TOKEN: token, OUTBOUND_ALLOW: '127.0.0.1' },
      dispatcherOptions: { delaysMs: [], deliveries: { everyMs: 20 } },
    });
    photo = (await toPng(disc(64, 64))).toString('base64');
    await service.worker.start();
    await service.dispatcher.start();
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await service.stop();
    await receiver.stop();
  });

  const visit = (options = {}) =>
    browser.visit(`${service.admin.dispatcher}/`, {
      httpCredentials: { username: 'operator', password: token },
      ...options,
    });

  /** A gateway knows a key for a second. */
  const untilCode = (client: Client, code: string) =>
    until(code, async () => (await client.post([removal(photo)])).errors[0]?.code === code);

  it('shows what happens, and refreshes by itself', async () => {
    const { page, faults, close } = await visit();
    await page.getByText('Nothing has ended.').waitFor();
    await service.post([removal(photo)]);
    await page.getByText('succeeded').waitFor();
    const worker = page.getByRole('region', { name: 'Workers' });
    await worker.getByText(/network \d/).waitFor();
    expect(await worker.innerText()).toContain('cpu (asked for auto)');
    expect(faults()).toEqual([]);
    await close();
  });

  it('creates a key that works, changes its limits and revokes it', async () => {
    const { page, faults, close } = await visit();
    await page.getByRole('button', { name: 'New key' }).click();
    await page.getByLabel('Name').fill('shop');
    await page.getByLabel('Tasks per second').fill('many');
    await page.getByRole('button', { name: 'Create key' }).click();
    await page.getByText('ratePerS: takes tasks per second, from 0.001').waitFor();
    await page.getByLabel('Tasks per second').fill('50');
    await page.getByRole('button', { name: 'Create key' }).click();
    const key = await page.getByLabel('The key shop').inputValue();
    const client = createClient(service.url, key);
    expect((await client.post([removal(photo)])).data).toHaveLength(1);
    await page.getByRole('button', { name: 'I have kept it' }).click();

    const row = page.getByRole('row').filter({ hasText: 'shop' });
    await row.getByText('50/s').waitFor();
    await row.getByRole('button', { name: 'Limits' }).click();
    await page.getByLabel('US dollars a month').fill('0');
    await page.getByRole('button', { name: 'Change limits' }).click();
    await row.getByText('$0.00 a month').waitFor();
    await untilCode(client, 'insufficientCredits');

    await row.getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('button', { name: 'Revoke it' }).click();
    await row.getByText('revoked').waitFor();
    await untilCode(client, 'invalidApiKey');
    // The browser itself reports the refusal of the wrong rate.
    expect(faults().filter((fault) => !fault.includes('400'))).toEqual([]);
    await close();
  });

  it('takes Enter for a new key, rotates it once for two clicks, and leaves its expiry alone', async () => {
    const { page, close } = await visit();
    await page.getByRole('button', { name: 'New key' }).click();
    await page.getByLabel('Name').fill('twice');
    await page.getByLabel('Name').press('Enter');
    const first = await page.getByLabel('The key twice').inputValue();
    await page.getByRole('button', { name: 'I have kept it' }).click();

    const row = page.getByRole('row').filter({ hasText: 'twice' });
    await row.getByRole('button', { name: 'Rotate' }).click();
    await page.getByRole('button', { name: 'Make a new secret' }).dblclick();
    await page.getByLabel('The key twice').waitFor();
    await page.getByRole('button', { name: 'I have kept it' }).click();
    // A second rotation would have ended the first secret.
    expect((await createClient(service.url, first).post([removal(photo)])).data).toHaveLength(1);

    const expiresAt = new Date(Date.now() - 60_000);
    await service.database.apiKey.update({ where: { name: 'twice' }, data: { expiresAt } });
    await row.getByText('expired').waitFor();
    await row.getByRole('button', { name: 'Limits' }).click();
    await page.getByLabel('Tasks per second').fill('7');
    await page.getByRole('button', { name: 'Change limits' }).click();
    await row.getByText('7/s').waitFor();
    const kept = await service.database.apiKey.findUniqueOrThrow({ where: { name: 'twice' } });
    expect(kept.expiresAt).toEqual(expiresAt);
    await close();
  });

  it('replays a failed webhook, and cancels what waits', async () => {
    receiver.answer('/hook', 500, 200);
    const { id } = await insertSucceeded(service, { webhookUrl: `${receiver.url}/hook?token=hush` });
    const { page, close } = await visit();
    const webhooks = page.getByRole('region', { name: 'Webhooks in trouble' });
    const replay = webhooks.getByRole('button', { name: 'Replay', exact: true });
    await replay.waitFor();
    expect(await webhooks.innerText()).not.toContain('hush');
    await replay.click();
    await until('the webhook', async () => {
      const { state } = await service.database.delivery.findUniqueOrThrow({ where: { taskId: id } });
      return state === 'delivered';
    });

    await insertRemoval(service, { model: 'acme:1@1' });
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await page.getByRole('button', { name: 'Cancel them' }).click();
    await page.getByText('Nobody waits.').waitFor();
    await page.getByText('taskCancelled').waitFor();
    await close();
  });

  it('says that the service is away, and goes on when it is back', async () => {
    const { page, close } = await visit();
    await page.getByText('Images per minute').waitFor();
    await page.route('**/api/**', (route) => route.abort());
    await page.getByText('The service does not answer.').waitFor();
    await page.unroute('**/api/**');
    await page.getByText('The service does not answer.').waitFor({ state: 'detached' });
    await close();
  });

  it.each([
    ['light', { colorScheme: 'light' }],
    ['dark', { colorScheme: 'dark' }],
    ['a phone', { viewport: { width: 390, height: 844 } }],
  ] as const)('has no serious fault of accessibility (%s), and fits the window', async (_, options) => {
    const { page, close } = await visit(options);
    await page.getByText('Images per minute').waitFor();
    const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
    expect(overflow).toBeLessThanOrEqual(0);
    expect(await seriousIn(page)).toEqual([]);
    await close();
  });
});
