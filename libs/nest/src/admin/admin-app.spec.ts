import { afterEach, describe, expect, it } from '@jest/globals';
import { createLogger, createMetrics } from '#telemetry';
import { rawRequest } from '#test/raw-request';
import { freePort } from '#test/redis';
import { openAdminServer, type AdminServer } from './admin-app.js';
import type { Probes } from './health.controller.js';

const ADMIN_HOST = '127.0.0.1';
const healthy: Probes = {
  live: async () => ({ ok: true }),
  ready: async () => ({ ok: true, schema: 'up' }),
  dependencies: async () => ({ ok: true, queue: 'up' }),
};

describe('the admin port', () => {
  const servers: AdminServer[] = [];
  afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

  const lines: { msg: string; path?: string; err?: { message: string } }[] = [];
  const log = createLogger('test', 'info', { write: (line) => lines.push(JSON.parse(line)) });
  const open = async (probes: Partial<Probes> = {}, port?: number, METRICS_TOKEN?: string) => {
    const ADMIN_PORT = port ?? (await freePort());
    const config = { ADMIN_PORT, ADMIN_HOST, METRICS_TOKEN };
    servers.push(await openAdminServer(config, log, createMetrics(), { ...healthy, ...probes }));
    return `http://${ADMIN_HOST}:${ADMIN_PORT}`;
  };

  it('answers probes with 200 or 503 and their facts, and /metrics with the metrics of the process', async () => {
    const url = await open({ dependencies: async () => ({ ok: false, queue: 'down: it is away' }) });
    const live = await rawRequest(url, '/health/live');
    expect([live.status, JSON.parse(live.text)]).toEqual([200, { ok: true }]);
    const ready = await rawRequest(url, '/health/ready');
    expect([ready.status, JSON.parse(ready.text)]).toEqual([200, { ok: true, schema: 'up' }]);
    const needed = await rawRequest(url, '/health/dependencies');
    expect([needed.status, JSON.parse(needed.text)]).toEqual([503, { ok: false, queue: 'down: it is away' }]);

    const metrics = await rawRequest(url, '/metrics');
    expect([metrics.status, metrics.headers['content-type']]).toEqual([200, createMetrics().contentType]);
    expect(metrics.text).toContain('process_cpu_seconds_total');
  });

  it.each([
    ['GET', '/elsewhere'],
    ['POST', '/metrics'],
    ['GET', '/health/%zz'],
    ['GET', '/../metrics'],
  ])('answers 404 in plain text to %s %s', async (method, path) => {
    const { status, headers, text } = await rawRequest(await open(), path, { method });
    expect([status, text]).toEqual([404, 'There is nothing at this address.\n']);
    expect(headers).toMatchObject({ 'content-type': expect.stringMatching(/^text\/plain/) });
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
  });

  it('shows metrics, and nothing else, only to who carries METRICS_TOKEN', async () => {
    const token = 'a-token-of-prometheus-0123456789';
    const url = await open({}, undefined, token);
    const ask = (path: string, authorization?: string) =>
      rawRequest(url, path, authorization === undefined ? {} : { headers: { authorization } });
    for (const wrong of [undefined, 'Bearer wrong', 'Bearer ', token, `Basic ${token}`]) {
      for (const path of ['/metrics', '/metrics?name[]=up', '/%6Detrics']) {
        const { status, headers, text } = await ask(path, wrong);
        expect([status, text]).toEqual([401, 'Send METRICS_TOKEN as bearer token.\n']);
        expect(headers['www-authenticate']).toBe('Bearer realm="Clearcut metrics"');
      }
    }
    expect((await ask('/metrics', `Bearer ${token}`)).text).toContain('process_cpu_seconds_total');
    expect((await ask('/health/live')).status).toBe(200);
  });

  it('limits what browsers do with each answer, and tells no version', async () => {
    const url = await open();
    for (const path of ['/metrics', '/health/live', '/elsewhere', '/health/%zz']) {
      const { headers } = await rawRequest(url, path);
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'content-security-policy': expect.stringMatching(/default-src 'none'.*frame-ancestors 'none'/),
        'referrer-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      });
      expect(headers).not.toHaveProperty('server');
      expect(headers).not.toHaveProperty('x-powered-by');
    }
  });

  it('logs a fault of its own, and answers 500 without details', async () => {
    const url = await open({ live: () => Promise.reject(new Error('secret of the inside')) });
    const { status, headers, text } = await rawRequest(url, '/health/live');
    expect([status, text]).toEqual([500, 'Something failed; the log says what.\n']);
    expect(headers['cache-control']).toBe('no-store');
    const logged = lines.filter(({ msg }) => msg === 'admin request failed');
    expect(logged).toEqual([
      expect.objectContaining({
        path: '/health/live',
        err: expect.objectContaining({ message: 'secret of the inside' }),
      }),
    ]);
  });

  it('refuses a body of more than 16 KiB', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const ask = (bytes: number) =>
      open().then((url) => rawRequest(url, '/', { method: 'POST', headers, body: 'x'.repeat(bytes) }));
    expect((await ask(16 * 1024)).status).toBe(404);
    expect((await ask(16 * 1024 + 1)).status).toBe(413);
  });

  it('names the port when it is already in use', async () => {
    const port = await freePort();
    await open({}, port);
    await expect(open({}, port)).rejects.toThrow(
      new RegExp(`^The admin port ${ADMIN_HOST}:${port} cannot be opened: .*EADDRINUSE`),
    );
  });

  it('does not listen without a port', async () => {
    const server = await openAdminServer({ ADMIN_HOST }, log, createMetrics(), healthy);
    await server.close();
  });
});
