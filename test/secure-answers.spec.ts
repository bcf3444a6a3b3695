import { connect } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { removal } from '#test/client';
import { disc, toPng } from '#test/pictures';
import { rawRequest } from '#test/raw-request';
import { startService, type Service } from '#test/service';

const photo = (await toPng(disc(60, 40))).toString('base64');
const ADMIN_TOKEN = 'a-token-of-the-operator-0123456789';
const strict = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': expect.stringMatching(/^(no-referrer|same-origin)$/),
  'content-security-policy': expect.stringContaining("default-src 'none'"),
};

describe('every answer of a program limits what browsers do with it, and tells no version', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService({ admin: true, env: { ADMIN_TOKEN } });
    await Promise.all([service.worker.start(), service.dispatcher.start()]);
  });
  afterAll(() => service.stop());

  const requireStrict = (headers: Readonly<Record<string, unknown>>) => {
    expect(headers).toMatchObject(strict);
    expect(headers['cache-control']).toBeDefined();
    expect(headers).not.toHaveProperty('server');
    expect(headers).not.toHaveProperty('x-powered-by');
  };

  it.each([
    ['GET', '/'],
    ['GET', '/assets/nothing.js'],
    ['GET', '/docs'],
    ['GET', '/docs/swagger-ui.css'],
    ['GET', '/docs/swagger-ui-init.js'],
    ['GET', '/reference'],
    ['GET', '/openapi.json'],
    ['GET', '/health/live'],
    ['GET', '/health/ready'],
    ['GET', '/v1/models'],
    ['GET', '/v1'],
    ['POST', '/v1'],
    ['GET', '/images/nothing.png'],
    ['GET', '/elsewhere'],
    ['GET', '/images/%zz'],
    ['OPTIONS', '/v1'],
  ])('the gateway: %s %s', async (method, path) => {
    requireStrict((await rawRequest(service.url, path, { method })).headers);
  });

  it('the gateway: the answer to a task, which nobody may keep, and its image, which its reader may', async () => {
    const headers = { authorization: `Bearer ${service.key}` };
    const body = JSON.stringify([removal(photo)]);
    const answer = await rawRequest(service.url, '/v1', { method: 'POST', headers, body });
    requireStrict(answer.headers);
    expect(answer.headers['cache-control']).toBe('no-store');
    const [cutout] = (JSON.parse(answer.text) as { data: { imageURL: string }[] }).data;
    const image = await rawRequest(service.url, new URL(cutout?.imageURL ?? '').pathname);
    expect(image.status).toBe(200);
    requireStrict(image.headers);
    expect(image.headers['cache-control']).toBe('private, max-age=300');
  });

  it('the gateway: a picture of POST /v1/cutout, which nobody may keep, and its refusal', async () => {
    const authorization = `Bearer ${service.key}`;
    const headers = { authorization, 'content-type': 'image/png' };
    const picture = await fetch(`${service.url}/v1/cutout`, {
      method: 'POST',
      headers,
      body: Buffer.from(photo, 'base64'),
    });
    expect(picture.headers.get('content-type')).toBe('image/png');
    requireStrict(Object.fromEntries(picture.headers));
    expect(picture.headers.get('cache-control')).toContain('no-store');
    requireStrict((await rawRequest(service.url, '/v1/cutout', { method: 'POST', headers })).headers);
  });

  it('the gateway: what is not HTTP', async () => {
    const socket = connect(service.config.PORT, '127.0.0.1');
    socket.end('nonsense\r\n\r\n');
    const answer = (await readText(socket)).toLowerCase();
    for (const name of [
      'x-content-type-options: nosniff',
      'referrer-policy: no-referrer',
      'cache-control: no-store',
    ])
      expect(answer).toContain(`\r\n${name}\r\n`);
  });

  it.each([
    '/',
    '/queues/',
    '/metrics',
    '/health/live',
    '/health/ready',
    '/health/dependencies',
    '/elsewhere',
  ])('the admin ports: %s, with and without the token', async (path) => {
    const authorization = `Bearer ${ADMIN_TOKEN}`;
    for (const url of Object.values(service.admin)) {
      requireStrict((await rawRequest(url, path)).headers);
      requireStrict((await rawRequest(url, path, { headers: { authorization } })).headers);
    }
  });

  it('lets no page of another site embed the pages for people', async () => {
    const authorization = `Bearer ${ADMIN_TOKEN}`;
    const pages = [
      [service.url, '/'],
      [service.url, '/docs'],
      [service.url, '/reference'],
      [service.admin.dispatcher, '/'],
      [service.admin.dispatcher, '/queues/'],
    ] as const;
    for (const [url, path] of pages) {
      const { status, headers } = await rawRequest(url, path, { headers: { authorization } });
      expect([path, status]).toEqual([path, 200]);
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    }
  });
});
