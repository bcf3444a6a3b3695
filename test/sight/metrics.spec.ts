import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { removal } from '#test/client';
import { scrape, valueOf } from '#test/metrics';
import { disc, toPng } from '#test/pictures';
import { startService, type Service } from '#test/service';
import { connect } from '#test/socket-client';
import { makeTraffic, scrapeAll, type Scraped } from '#test/traffic';
import { until } from '#test/until';

const model = 'runware:109@1';

describe('the metrics of the programs', () => {
  let service: Service;
  let scraped: Scraped;

  beforeAll(async () => {
    service = await startService({ admin: true, env: { OUTBOUND_ALLOW: '127.0.0.1' } });
    await service.worker.start();
    await service.dispatcher.start();
    await makeTraffic(service);
    scraped = await scrapeAll(service);
  });
  afterAll(() => service.stop());

  it('count tasks from acceptance to end', () => {
    const { gateway, worker } = scraped;
    expect(valueOf(gateway, 'clearcut_tasks_accepted_total', { model })).toBe(4);
    const ended = (labels: Record<string, string>) =>
      valueOf(worker, 'clearcut_tasks_finished_total', { model, ...labels });
    expect(ended({ outcome: 'succeeded', code: 'none' })).toBe(2);
    expect(ended({ outcome: 'failed', code: 'uploadFailed' })).toBe(1);
    expect(ended({ outcome: 'failed', code: 'invalidInputImageURL' })).toBe(1);
    expect(valueOf(worker, 'clearcut_task_seconds_count', { outcome: 'succeeded' })).toBe(2);
  });

  it.each(['queue', 'fetch', 'decode', 'preprocess', 'infer', 'postprocess', 'encode', 'store', 'upload'])(
    'measure the stage %s in seconds',
    (stage) => {
      const labels = { stage, model };
      expect(valueOf(scraped.worker, 'clearcut_stage_seconds_count', labels)).toBeGreaterThan(0);
      expect(valueOf(scraped.worker, 'clearcut_stage_seconds_sum', labels)).toBeLessThan(20);
    },
  );

  it('describe the device', () => {
    const { worker } = scraped;
    const device = { requested: 'auto', provider: 'cpu', device: 'cpu', fallback: 'true' };
    expect(valueOf(worker, 'clearcut_device_info', device)).toBe(1);
    expect(valueOf(worker, 'clearcut_device_images_total', { model })).toBeGreaterThanOrEqual(3);
    expect(valueOf(worker, 'clearcut_device_busy_seconds_total')).toBeGreaterThan(0);
    expect(valueOf(worker, 'clearcut_device_batches_total', { size: '1' })).toBeGreaterThan(0);
    expect(valueOf(worker, 'clearcut_session_memory_bytes', { model })).toBeGreaterThan(0);
    expect(valueOf(worker, 'clearcut_decoder_processes')).toBeGreaterThan(0);
    expect(valueOf(worker, 'clearcut_decoder_memory_bytes')).toBeGreaterThan(20e6);
    expect(valueOf(worker, 'clearcut_worker_in_hand')).toBe(0);
    expect(valueOf(worker, 'clearcut_worker_slots')).toBe(2);
  });

  it('count requests by route, and refused outgoing calls', () => {
    const { gateway, worker } = scraped;
    const posts = { method: 'POST', route: '/v1', status: '200' };
    expect(valueOf(gateway, 'clearcut_http_request_seconds_count', posts)).toBe(2);
    expect(valueOf(worker, 'clearcut_outbound_refusals_total', { parameter: 'inputImage' })).toBe(1);
    expect(valueOf(worker, 'process_resident_memory_bytes')).toBeGreaterThan(1e6);
  });

  it('have few values per label', () => {
    const all = Object.values(scraped).flat();
    const values = all.flatMap(({ labels }) => Object.values(labels));
    const longest = values.toSorted((a, b) => b.length - a.length)[0];
    expect(longest?.length).toBeLessThan(40);
    expect(values.filter((text) => /https?:|[\da-f]{8}-[\da-f]{4}|hidden|127\.0\.0\.1/.test(text))).toEqual(
      [],
    );
  });

  it('count WebSockets, and those that are authenticated', async () => {
    const client = await connect(service.url);
    await client.authenticate(service.key);
    const count = async () => valueOf(await scrape(service.admin.gateway), 'clearcut_socket_sessions');
    await until('the session to count', async () => (await count()) === 1);
    client.socket.close();
    await until('the session to be gone', async () => (await count()) === 0);
  });

  it('report the length of the queue and the longest wait', async () => {
    await service.worker.stop();
    const image = (await toPng(disc(40, 30))).toString('base64');
    await service.post([removal(image, { deliveryMethod: 'async' })]);
    const depth = async (name: string, labels: Record<string, string>) =>
      valueOf(await scrape(service.admin.dispatcher), name, labels);
    const waits = () => depth('clearcut_queue_depth', { model, state: 'queued' });
    await until('the depth', async () => (await waits()) === 1);
    expect(await depth('clearcut_queue_depth', { model, state: 'running' })).toBe(0);
    expect(await depth('clearcut_queue_oldest_seconds', { model })).toBeGreaterThan(0);

    await service.worker.start();
    await until('the queue to be empty', async () => (await waits()) === 0);
  });
});
