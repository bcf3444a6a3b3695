import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { putKey, type KeyScope } from '#database';
import { readServiceConfig } from '#config';
import { rawRequest } from '#test/raw-request';
import { startService, type Service } from '#test/service';
import { startUpload } from '#test/upload';

const MB = 1024 * 1024;

/** The addresses that start work, by their door. */
const addresses = [
  ['rembg', 'POST', '/api/remove', 'multipart/form-data; boundary=b'],
  ['rembg', 'GET', '/api/remove?url=https://example.com/a.png', ''],
  ['removebg', 'POST', '/v1.0/removebg', 'multipart/form-data; boundary=b'],
  ['removebg', 'POST', '/v1.0/removebg', 'application/json'],
  ['removebg', 'POST', '/v1.0/removebg', 'application/x-www-form-urlencoded'],
  ['replicate', 'POST', '/v1/predictions', 'application/json'],
  ['fal', 'POST', '/fal-ai/birefnet', 'application/json'],
  ['fal', 'POST', '/fal-ai/birefnet/v2', 'application/json'],
  ['replicate', 'POST', '/v1/models/clearcut/rembg-v1-4/predictions', 'application/json'],
] as const;
const mcp = ['mcp', 'POST', '/mcp', 'application/json'] as const;
const withBody = addresses.filter(([, method]) => method !== 'GET');
const names = [...new Set([...addresses, mcp].map(([door]) => door))];

/** The answer to a request whose body does not come. */
const statusOf = async (...upload: Parameters<typeof startUpload>): Promise<number> => {
  const started = await startUpload(...upload);
  const { status } = await started.answer;
  started.destroy();
  return status;
};

describe('The addresses of other services', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService({ env: { DOORS: names.join(',') } });
  });
  afterAll(() => service.stop());

  it.each([...withBody, mcp])(
    'of %s refuse %s %s (%s) without a good key before the body',
    async (_, method, path, type) => {
      for (const key of [undefined, 'cc_unknown']) {
        const headers = {
          'content-length': 30 * MB,
          'content-type': type,
          ...(key && { authorization: `Bearer ${key}` }),
        };
        const status = await statusOf(service.url, headers, { method, path });
        expect([401, 403]).toContain(status);
      }
    },
  );

  it.each(withBody)(
    'of %s refuse %s %s (%s) before the body when the key may run nothing',
    async (...row) => {
      const [, method, path, type] = row;
      const key = `cc_${randomUUID()}${randomUUID()}`;
      const scopes: KeyScope[] = ['upload', 'read'];
      await putKey(service.database, `key-${randomUUID().slice(0, 8)}`, key, { scopes });
      const headers = { 'content-length': 30 * MB, 'content-type': type, authorization: `Bearer ${key}` };
      const status = await statusOf(service.url, headers, { method, path });
      expect(status).toBe(403);
    },
  );

  it.each([...withBody, mcp])(
    'of %s refuse %s %s (%s) with more than 64 MB before the body',
    async (...row) => {
      const [, method, path, type] = row;
      const headers = {
        'content-length': 65 * MB,
        'content-type': type,
        authorization: `Bearer ${service.key}`,
      };
      const status = await statusOf(service.url, headers, { method, path });
      expect(status).toBe(413);
    },
  );

  it('hold back many wrong keys of one address', async () => {
    const ask = () =>
      rawRequest(service.url, '/api/remove?url=https://example.com/a.png', {
        headers: { 'x-api-key': `cc_${randomUUID()}` },
      });
    const statuses = new Set<number | undefined>();
    for (let i = 0; i < 22; i++) statuses.add((await ask()).status);
    expect([...statuses]).toEqual([401, 429]);
  });
});

describe('DOORS', () => {
  it('refuses a name that it does not know', () => {
    expect(() => readServiceConfig({ DOORS: 'rembg,photoroom' })).toThrow(/DOORS.*comma list of/);
  });

  it('opens nothing unless it is set', async () => {
    const service = await startService();
    const headers = { authorization: `Bearer ${service.key}` };
    for (const [, method, path] of addresses)
      expect((await rawRequest(service.url, path, { method, headers })).status).toBe(404);
    await service.stop();
  });
});
