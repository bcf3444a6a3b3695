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

  it.each([
    ['rembg', 'GET', '/api/nothing', 404],
    ['rembg', 'PUT', '/api/remove', 405],
    ['removebg', 'GET', '/v1.0/nothing', 404],
    ['removebg', 'GET', '/v1.0/removebg', 405],
    ['replicate', 'GET', '/v1/predictions/a/b/c', 404],
    ['replicate', 'GET', '/v1/models/a/b/nothing', 404],
    ['replicate', 'DELETE', '/v1/predictions', 405],
    ['fal', 'POST', '/fal-ai/flux', 404],
    ['fal', 'GET', '/fal/proxy', 404],
    ['fal', 'DELETE', '/fal-ai/birefnet', 405],
    ['ours', 'GET', '/v1/nothing', 404],
    ['ours', 'GET', '/v1/models/nothing', 404],
    ['ours', 'PUT', '/v1/models', 405],
    ['ours', 'GET', '/nothing', 404],
    ['rembg', 'GET', '/api/%zz', 404],
    ['rembg', 'POST', '/api/remove/%E0%A4%A?a=1', 404],
    ['rembg', 'GET', '/api/remove%', 404],
    ['removebg', 'POST', '/v1.0/%zz', 404],
    ['replicate', 'GET', '/v1/predictions/%E0%A4%A', 404],
    ['replicate', 'POST', '/v1/predictions/%zz/cancel', 404],
    ['replicate', 'GET', '/v1/models/a/%zz/versions/1', 404],
    ['fal', 'GET', '/fal-ai/birefnet/requests/%zz', 404],
    ['fal', 'POST', '/fal-ai/%E0%A4%A', 404],
    ['mcp', 'POST', '/mcp/%zz', 404],
    ['ours', 'GET', '/v1/%E0%A4%A', 404],
    ['ours', 'GET', '/v1/jobs/%zz', 404],
    ['ours', 'GET', '/v1/tasks/%zz/events', 404],
    ['ours', 'GET', '/images/%zz', 404],
    ['ours', 'GET', '/%zz', 404],
  ] as const)('tell in the form of %s that %s %s gets %d', async (door, method, path, status) => {
    const headers = { authorization: `Bearer ${service.key}` };
    const answer = await fetch(`${service.url}${path}`, { method, headers });
    expect(answer.status).toBe(status);
    if (status === 405) expect(answer.headers.get('allow')).toMatch(/^[A-Z]+(, [A-Z]+)*$/);
    const code = status === 404 ? 'notFound' : 'methodNotAllowed';
    const forms = {
      rembg: { detail: expect.any(String), code },
      removebg: { errors: [expect.objectContaining({ title: expect.any(String) })] },
      replicate: { title: expect.any(String), status, code },
      fal: { detail: expect.any(String) },
      mcp: { jsonrpc: '2.0', id: null, error: expect.objectContaining({ data: { code } }) },
      ours: { errors: [expect.objectContaining({ code })] },
    };
    expect(await answer.json()).toMatchObject(forms[door]);
  });

  it.each([
    ['/v1.0/removebg?size=full', 'size'],
    ['/fal-ai/birefnet?sync_mode=1', 'sync_mode'],
    ['/v1/predictions?webhook=https://example.com', 'webhook'],
  ])('name the parameter in the address of %s, which takes none', async (path, name) => {
    const headers = { authorization: `Bearer ${service.key}`, 'content-type': 'application/json' };
    const answer = await fetch(`${service.url}${path}`, { method: 'POST', headers, body: '{}' });
    expect([400, 422]).toContain(answer.status);
    expect(await answer.text()).toContain(`The parameter '${name}' is not supported: the address takes none`);
  });

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
