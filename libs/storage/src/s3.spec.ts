import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { TaskError } from '#contract';
import { startS3Store, type S3Store } from '#test/s3-store';
import { freePort } from '#test/redis';
import { limits } from './s3-client.js';
import { openS3Storage } from './s3.js';
import { StorageError } from './storage-error.js';

const png = { method: 'GET', contentType: 'image/png', maxAgeS: 60 } as const;

let store: S3Store;
beforeAll(async () => {
  store = await startS3Store();
});
afterAll(() => store.stop());

describe('an address signed by the S3 storage', () => {
  const locate = async (more: Record<string, string>, method: 'GET' | 'HEAD' = 'GET') => {
    const storage = await openS3Storage({ ...store.env, ...more });
    await storage.write('a.png', Buffer.from('bytes'));
    const place = await storage.locate('a.png', { ...png, method });
    storage.close();
    return new URL(place.kind === 'elsewhere' ? place.url : '');
  };

  it('names the type of the image and expires within minutes', async () => {
    const url = await locate({});
    expect(url.pathname).toBe('/pictures/clearcut/a.png');
    expect(url.searchParams.get('X-Amz-Expires')).toBe('300');
    expect([...url.searchParams.keys()].filter((name) => name.includes('checksum'))).toEqual([]);

    const answer = await fetch(url);
    expect(answer.headers.get('content-type')).toBe('image/png');
    expect(await answer.text()).toBe('bytes');
  });

  it('is signed for the requested method', async () => {
    const answer = await fetch(await locate({}, 'HEAD'), { method: 'HEAD' });
    expect([answer.status, answer.headers.get('content-length')]).toEqual([200, '5']);
  });

  it('names the host by which clients reach the store', async () => {
    const url = await locate({ S3_PUBLIC_ENDPOINT: 'https://s3.example.com' });
    expect(url.origin).toBe('https://s3.example.com');
    expect(url.pathname).toBe('/pictures/clearcut/a.png');
  });
});

describe('the start of the S3 storage', () => {
  const fault = (more: Record<string, string | undefined>) =>
    openS3Storage({ ...store.env, ...more }).then(
      () => '',
      (error: Error) => `${error.name}: ${error.message}`,
    );

  it('fails with an error that names the wrong setting', async () => {
    expect(await fault({ S3_BUCKET: 'none' })).toBe(
      'StorageError: The S3 store has no bucket none: create it or correct S3_BUCKET.',
    );
    expect(await fault({ S3_ACCESS_KEY_ID: 'somebody' })).toContain('check S3_ACCESS_KEY_ID');
    expect(await fault({ S3_ENDPOINT: `http://127.0.0.1:${await freePort()}` })).toMatch(
      /^StorageError: The S3 store at 127\.0\.0\.1:\d+ cannot be used: check S3_ENDPOINT .+ECONNREFUSED/,
    );
  });

  it('keeps the secret out of its error', async () => {
    expect(await fault({ S3_ACCESS_KEY_ID: 'somebody', S3_SECRET_ACCESS_KEY: 'hunter2' })).not.toContain(
      'hunter2',
    );
  });
});

describe('the S3 storage with a failing store', () => {
  type Answer = (request: IncomingMessage, response: ServerResponse) => void;
  const ok: Answer = (request, response) => request.resume().on('end', () => response.end('bytes'));
  const status =
    (code: number, error: string): Answer =>
    (request, response) =>
      request.resume().on('end', () => {
        response.writeHead(code, { 'content-type': 'application/xml' });
        response.end(`<Error><Code>${error}</Code><Message>${error}</Message></Error>`);
      });

  let close = () => Promise.resolve();
  afterEach(() => close());

  /**
   * Opens a storage whose store answers the check of the bucket, then gives these answers in order, repeating
   * the last.
   */
  const openWith = async (answers: Answer[], more: Partial<typeof limits> = {}) => {
    let requests = 0;
    const server = createServer((request, response) => {
      const answer = requests === 0 ? ok : (answers[requests - 1] ?? answers.at(-1) ?? ok);
      requests++;
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const S3_ENDPOINT = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const storage = await openS3Storage({ ...store.env, S3_ENDPOINT }, { ...limits, ...more });
    close = async () => {
      storage.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    };
    return { storage, requests: () => requests - 1 };
  };

  it('tries again when the store is busy', async () => {
    const { storage, requests } = await openWith([status(503, 'SlowDown'), ok]);
    await storage.write('a.png', Buffer.from('bytes'));
    expect(requests()).toBe(2);
  });

  it('sends all of an image in a file again when the store was busy', async () => {
    const bodies: string[] = [];
    const collect =
      (then: Answer): Answer =>
      (request, response) => {
        let body = '';
        request.on('data', (piece: Buffer) => (body += piece.toString()));
        request.on('end', () => bodies.push(body));
        then(request, response);
      };
    const { storage } = await openWith([collect(status(503, 'SlowDown')), collect(ok)]);
    const text = 'bytes'.repeat(100_000);
    const read = async (start: number, end: number) => Buffer.from(text.slice(start, end));
    await storage.write('a.png', { length: text.length, read });
    expect(bodies.map((body) => body === text)).toEqual([true, true]);
  });

  it('throws a StorageError after its last try', async () => {
    const { storage, requests } = await openWith([status(500, 'InternalError')]);
    await expect(storage.read('a.png')).rejects.toBeInstanceOf(StorageError);
    expect(requests()).toBe(limits.tries);
  });

  it.each([
    [404, 'NoSuchBucket', 'unavailable'],
    [403, 'AccessDenied', 'refused'],
    [500, 'InternalError', 'unavailable'],
  ])('throws a StorageError, not mediaNotFound, for status %i %s', async (code, error, kind) => {
    const { storage } = await openWith([status(code, error)]);
    const fault = await storage.read('a.png').catch((thrown: unknown) => thrown);
    expect(fault).toBeInstanceOf(StorageError);
    expect(fault).toMatchObject({ operation: 'read', kind });
    expect(fault).not.toBeInstanceOf(TaskError);
  });

  it('throws a StorageError of kind full when the store is full', async () => {
    const { storage } = await openWith([status(507, 'XMinioStorageFull')]);
    const fault = await storage.write('a.png', Buffer.from('bytes')).catch((thrown: unknown) => thrown);
    expect(fault).toBeInstanceOf(StorageError);
    expect(fault).toMatchObject({ operation: 'write', kind: 'full' });
  });

  it('gives up when the store does not answer', async () => {
    const { storage } = await openWith([() => undefined], { answerMs: 1_000, tries: 1 });
    await expect(storage.remove('a.png')).rejects.toBeInstanceOf(StorageError);
  });

  it('gives up when the body of an image stalls', async () => {
    const stalling: Answer = (_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half');
    };
    const { storage } = await openWith([stalling], { operationMs: 1_000 });
    await expect(storage.read('a.png')).rejects.toThrow('due to timeout');
  });

  it('rejects an image whose body breaks off', async () => {
    const breaking: Answer = (_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    };
    const { storage } = await openWith([breaking]);
    await expect(storage.read('a.png')).rejects.toBeInstanceOf(StorageError);
  });
});
