import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { catalogueWith } from '#test/install-graph';
import { startPictureServer, type PictureServer } from '#test/picture-server';
import { disc, toPng } from '#test/pictures';
import { pythonClient } from '#test/python-client';
import { startService, type Service } from '#test/service';
import { startTlsFront, type TlsFront } from '#test/tls-front';

const client = await pythonClient('fal-client', 'fal_client_driver');

client.describe('fal-client 1.0.3 (Python, by FAL_QUEUE_RUN_HOST)', () => {
  let service: Service;
  let pictures: PictureServer;
  let front: TlsFront;
  beforeAll(async () => {
    pictures = await startPictureServer(await toPng(disc(60, 40)));
    service = await startService({
      env: { DOORS: 'fal', OUTBOUND_ALLOW: '127.0.0.1' },
      makeCatalogue: (folder) => catalogueWith(folder, ['runware:109@1', 'clearcut:2@1']),
    });
    await service.worker.start();
    front = await startTlsFront(service.url, service.config.DATA_DIR);
  });
  afterAll(async () => {
    await front.stop();
    await service.stop();
    await pictures.stop();
  });

  const ask = (request: Record<string, unknown>, key = service.key) =>
    client.run(request, {
      FAL_KEY: key,
      FAL_QUEUE_RUN_HOST: front.host,
      SSL_CERT_FILE: front.certificate,
    });
  const image = { url: expect.stringMatching(/^http/), content_type: 'image/png', width: 60, height: 40 };

  it('subscribes, and gets the image', async () => {
    const { results, error } = await ask({ call: 'subscribe', arguments: { image_url: pictures.url } });
    expect([results, error]).toEqual([[{ image: expect.objectContaining(image) }], undefined]);
  });

  it('subscribes to the second version with a local file as data URI', async () => {
    const path = join(service.config.DATA_DIR, 'cup.png');
    await writeFile(path, await toPng(disc(60, 40)));
    const { results } = await ask({ call: 'file', path, application: 'fal-ai/birefnet/v2' });
    expect(results).toEqual([{ image: expect.objectContaining(image) }]);
  });

  it('sees its place in the queue, and cancels', async () => {
    await service.worker.stop();
    const image_url = `data:image/png;base64,${(await toPng(disc(20, 20))).toString('base64')}`;
    const { results } = await ask({ call: 'cancel', arguments: { image_url } });
    expect(results).toEqual([{ position: 0, states: ['Completed'] }]);
    await service.worker.start();
  });

  it('raises our error for a bad input, a bad key and an unknown request', async () => {
    const bad = await ask({ call: 'subscribe', arguments: { image_url: pictures.url, scale: 2 } });
    expect(bad.error).toMatchObject({ status: 422, text: expect.stringContaining('scale') });
    const stranger = await ask({ call: 'subscribe', arguments: { image_url: pictures.url } }, 'cc_wrong');
    expect(stranger.error).toMatchObject({ status: 401 });
    expect((await ask({ call: 'status', id: randomUUID() })).error).toMatchObject({ status: 404 });
  });
});
