import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { hostileUrls } from '#test/hostile-addresses';
import { startService, type Service } from '#test/service';

const model = 'runware:109@1';
const photo = randomUUID();
const taskOf = (taskType: string, more: Record<string, unknown>) => ({
  taskType,
  taskUUID: randomUUID(),
  ...more,
});

/** A task with the address in each parameter that takes one. */
const parameters: Readonly<Record<string, (url: string) => Record<string, unknown>>> = {
  inputImage: (url) => taskOf('removeBackground', { model, inputImage: url }),
  'inputs.image': (url) => taskOf('removeBackground', { model, inputs: { image: url } }),
  uploadEndpoint: (url) => taskOf('removeBackground', { model, inputImage: photo, uploadEndpoint: url }),
  webhookURL: (url) => taskOf('removeBackground', { model, inputImage: photo, webhookURL: url }),
  image: (url) => taskOf('imageUpload', { image: url }),
  media: (url) => taskOf('mediaStorage', { media: url }),
};

/** How a parameter is refused that holds no usable address. */
const codes = [
  'invalidInputImageURL',
  'invalidInputImage',
  'invalidUploadEndpoint',
  'invalidWebhookURL',
  'invalidParameter',
];

describe('an address that is not public', () => {
  let service: Service;
  let canary: Server;
  let connections = 0;
  beforeAll(async () => {
    canary = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => canary.listen(0, '127.0.0.1', resolve));
    service = await startService({ env: { MAX_TASKS_PER_REQUEST: '1000' } });
  });
  afterAll(async () => {
    await service.stop();
    await new Promise((resolve) => canary.close(resolve));
  });

  // A dry run calls no address, should the guard ever break.
  it.each(Object.entries(parameters))('is refused in %s in every spelling', async (parameter, make) => {
    const headers = { authorization: `Bearer ${service.key}`, 'x-runware-dry-run': '1' };
    const urls = hostileUrls((canary.address() as AddressInfo).port);
    const { data, errors } = await service.post(
      urls.map(([, url]) => make(url)),
      headers,
    );
    const taken = data.map(({ taskUUID }) => taskUUID);
    expect(taken).toEqual([]);
    expect(errors).toHaveLength(urls.length);
    for (const error of errors) {
      expect(codes).toContain(error.code);
      expect(error['parameter']).toBe(parameter);
    }
    expect(connections).toBe(0);
  });

  it.each(Object.entries(parameters))(
    'of more than 4,096 characters is refused in %s',
    async (parameter, make) => {
      const url = `https://8.8.8.8/${'a'.repeat(4096)}`;
      const headers = { authorization: `Bearer ${service.key}`, 'x-runware-dry-run': '1' };
      const { errors } = await service.post([make(url)], headers);
      expect(errors).toMatchObject([
        { parameter, message: expect.stringContaining('more than 4096 characters') },
      ]);
      expect(JSON.stringify(errors)).not.toContain('aaaa');
    },
  );

  it.each(Object.entries(parameters))('is read to its end in %s', async (parameter, make) => {
    // The host stands behind 4,000 characters, so that a part of the address would be another one.
    const url = `https://${'a'.repeat(4000)}@127.0.0.1/`;
    const headers = { authorization: `Bearer ${service.key}`, 'x-runware-dry-run': '1' };
    const { errors } = await service.post([make(url)], headers);
    expect(errors).toMatchObject([{ parameter, message: expect.stringContaining('not public') }]);
  });
});
