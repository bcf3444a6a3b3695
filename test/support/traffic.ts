import { removal } from './client.js';
import { scrape, valueOf, type Sample } from './metrics.js';
import { disc, toPng } from './pictures.js';
import { startReceiver } from './receiver.js';
import type { Service } from './service.js';
import { until } from './until.js';

export type Scraped = Readonly<Record<keyof Service['admin'], Sample[]>>;

/**
 * Two removals that succeed, one with a webhook and one with an upload, and two that fail for different
 * reasons.
 */
export const makeTraffic = async (service: Service): Promise<void> => {
  const receiver = await startReceiver();
  try {
    const image = (await toPng(disc(40, 30))).toString('base64');
    receiver.answer('/refuses', 403);
    await service.post([removal(image, { webhookURL: `${receiver.url}/hook?token=hidden` })]);
    await service.post([removal(image, { uploadEndpoint: `${receiver.url}/upload?signature=hidden` })]);
    await service.post([removal(image, { uploadEndpoint: `${receiver.url}/refuses?signature=hidden` })]);
    await service.post([removal('http://10.0.0.1/private.png?token=hidden')]);
    await until('the webhook', async () =>
      valueOf(await scrape(service.admin.dispatcher), 'clearcut_webhook_attempts_total', {
        result: 'delivered',
      }),
    );
  } finally {
    await receiver.stop();
  }
};

export const scrapeAll = async ({ admin }: Service): Promise<Scraped> => ({
  gateway: await scrape(admin.gateway),
  worker: await scrape(admin.worker),
  dispatcher: await scrape(admin.dispatcher),
});
