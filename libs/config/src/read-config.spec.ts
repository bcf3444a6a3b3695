import { describe, expect, it } from '@jest/globals';
import { isAbsolute } from 'node:path';
import { directUrl, readConfig, readServiceConfig, usableCores } from './index.js';

const DATABASE_URL = 'postgresql://clearcut@127.0.0.1:5432/clearcut';

describe('readConfig', () => {
  it('works with an empty environment', () => {
    const config = readConfig({});
    expect(config).toMatchObject({
      PORT: 3000,
      HOST: '127.0.0.1',
      PUBLIC_URL: 'http://127.0.0.1:3000',
      OUTBOUND_ALLOW: [],
      OUTBOUND_NO_PROXY: [],
      CORS_ORIGINS: [],
      DOORS: [],
      MAX_IMAGE_SIDE: 65_535,
      MAX_IMAGE_MEGAPIXELS: 64,
      MAX_TASKS_PER_REQUEST: 100,
      SYNC_TIMEOUT_S: 60,
      RESULT_RETENTION_H: 24,
      RECORD_RETENTION_D: 30,
      BACKUP_MAX_AGE_H: 0,
      DATABASE_LIMIT_GB: 0,
      BUCKET_LIMIT_GB: 0,
      SHUTDOWN_GRACE_S: 6,
      INTRA_OP_THREADS: usableCores(),
      DEVICE: 'auto',
      MAX_BATCH: 4,
      BATCH_LINGER_MS: 10,
      WEBP_EFFORT: 2,
      LOG_LEVEL: 'info',
      ADMIN_HOST: '127.0.0.1',
      DECODE_TIMEOUT_S: 60,
      STALLED_AFTER_S: 300,
    });
    expect([config.SESSION_MEMORY_MB, config.ADMIN_PORT]).toEqual([undefined, undefined]);
    expect([isAbsolute(config.DATA_DIR), isAbsolute(config.MODELS_DIR)]).toEqual([true, true]);
    expect([config.DATABASE_URL, config.REDIS_URL, config.API_KEY]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('treats an empty value as not set', () => {
    expect(readConfig({ PORT: '', REDIS_URL: '', PUBLIC_URL: '', LOG_LEVEL: '' })).toEqual(readConfig({}));
  });

  it('returns a frozen object', () => {
    expect(Object.isFrozen(readConfig({}))).toBe(true);
    expect(Object.isFrozen(readServiceConfig({ DATABASE_URL }))).toBe(true);
  });

  it.each([
    ['0.0.0.0', 'http://localhost:8080'],
    ['::', 'http://localhost:8080'],
    ['::1', 'http://[::1]:8080'],
    ['192.0.2.7', 'http://192.0.2.7:8080'],
    ['cutter.internal', 'http://cutter.internal:8080'],
  ])('derives the address of images from HOST %s', (HOST, expected) => {
    expect(readConfig({ HOST, PORT: '8080' }).PUBLIC_URL).toBe(expected);
  });

  it('prefers PUBLIC_URL to HOST and PORT, and drops its trailing slash', () => {
    const { PUBLIC_URL } = readConfig({ PUBLIC_URL: 'https://cut.example.com/api//', HOST: '::1' });
    expect(PUBLIC_URL).toBe('https://cut.example.com/api');
  });

  it('reads the private hosts, addresses and networks of OUTBOUND_ALLOW', () => {
    const { OUTBOUND_ALLOW } = readConfig({ OUTBOUND_ALLOW: ' 127.0.0.1, images.internal ,10.0.0.0/8,::1,' });
    expect(OUTBOUND_ALLOW).toEqual(['127.0.0.1', 'images.internal', '10.0.0.0/8', '::1']);
  });

  it.each(['auto', 'cpu', 'cuda', 'cuda:0', 'cuda:12'])('accepts the device %s', (DEVICE) => {
    expect(readConfig({ DEVICE }).DEVICE).toBe(DEVICE);
  });

  it.each(['gpu', 'cuda:', 'cuda:-1', 'cuda:1.5', 'cuda:x', 'CPU'])('rejects the device %s', (DEVICE) => {
    expect(() => readConfig({ DEVICE })).toThrow('DEVICE must be auto, cpu, cuda or cuda:N');
  });

  it('names every fault in one message', () => {
    const faulty = {
      PORT: '70000',
      PUBLIC_URL: 'cut.example.com',
      DATABASE_URL: 'mysql://localhost/clearcut',
      REDIS_URL: 'localhost:6379',
      QUEUE_PREFIX: 'a:b',
      OUTBOUND_ALLOW: 'http://localhost',
      CORS_ORIGINS: 'https://shop.example/',
      DOORS: 'rembg,photoroom',
      OFFERED_MODELS: ' , ',
      WORKER_CONCURRENCY: 'three',
      INTRA_OP_THREADS: '0',
      DEVICE: 'tpu',
      SESSION_MEMORY_MB: '0',
      MAX_BATCH: '0',
      BATCH_LINGER_MS: '-1',
      WEBP_EFFORT: '7',
      MAX_TASKS_PER_REQUEST: '-1',
      SYNC_TIMEOUT_S: '1.5',
      RESULT_RETENTION_H: '0',
      RECORD_RETENTION_D: '3651',
      ADMIN_PORT: '65534',
      ADMIN_TOKEN: 'short',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318',
      DECODE_TIMEOUT_S: '0',
      STALLED_AFTER_S: '0',
      SHUTDOWN_GRACE_S: '0',
      SHUTDOWN_DELAY_S: '601',
      DATABASE_DIRECT_URL: 'mysql://localhost/clearcut',
      DATABASE_POOL_MAX: '1',
      STATEMENT_TIMEOUT_S: '0',
      LOG_LEVEL: 'loud',
    };
    const message = (() => {
      try {
        readConfig(faulty);
        return '';
      } catch (error) {
        return String(error);
      }
    })();
    expect(Object.keys(faulty).filter((name) => !message.includes(`${name} `))).toEqual([]);
    expect(message).toContain('PORT must be at most 65535');
    expect(message).toContain('REDIS_URL must be redis://host:6379, redis+sentinel://');
  });

  it('says in our own words what is wrong', () => {
    expect(() => readConfig({ LOG_LEVEL: 'loud' })).toThrow(
      'The environment is not usable: LOG_LEVEL must be one of "fatal", "error", "warn", "info", "debug", "trace", "silent".',
    );
  });

  it('refuses a way past a pooler without the pooler', () => {
    const direct = 'postgresql://clearcut@127.0.0.1:5433/clearcut';
    expect(() => readConfig({ DATABASE_DIRECT_URL: direct })).toThrow(
      'DATABASE_DIRECT_URL needs DATABASE_URL',
    );
    expect(directUrl(readServiceConfig({ DATABASE_URL, DATABASE_DIRECT_URL: direct }))).toBe(direct);
    expect(directUrl(readServiceConfig({ DATABASE_URL }))).toBe(DATABASE_URL);
  });

  it('refuses to keep answers longer than records', () => {
    expect(readConfig({ RESULT_RETENTION_H: '24', RECORD_RETENTION_D: '1' })).toMatchObject({
      RESULT_RETENTION_H: 24,
      RECORD_RETENTION_D: 1,
    });
    const env = { RESULT_RETENTION_H: '25', RECORD_RETENTION_D: '1' };
    expect(() => readConfig(env)).toThrow('RESULT_RETENTION_H must not be longer than RECORD_RETENTION_D');
  });

  it('keeps images on the disk by default', () => {
    expect(readConfig({ S3_BUCKET: 'pictures' })).toMatchObject({ STORAGE: 'disk' });
    expect(() => readConfig({ STORAGE: 'ftp' })).toThrow('STORAGE must be disk or s3');
  });

  it('reads the settings of the S3 store', () => {
    const env = {
      STORAGE: 's3',
      S3_BUCKET: 'pictures',
      S3_PREFIX: '/cut/outs/',
      S3_FORCE_PATH_STYLE: 'false',
    };
    expect(readConfig(env)).toMatchObject({ ...env, S3_PREFIX: 'cut/outs/', S3_FORCE_PATH_STYLE: false });
    expect(readConfig({ ...env, S3_PREFIX: '' })).toMatchObject({ S3_PREFIX: '' });
  });

  it('names the faults of the S3 store together with others', () => {
    const env = { STORAGE: 's3', S3_ENDPOINT: 'minio:9000', S3_FORCE_PATH_STYLE: 'yes', PORT: '0' };
    const faults = [
      'PORT must be at least 1',
      'S3_BUCKET must be set where STORAGE is s3',
      'S3_ENDPOINT must be a URL that starts with http:// or https://',
      'S3_FORCE_PATH_STYLE must be true or false',
    ];
    for (const fault of faults) expect(() => readConfig(env)).toThrow(fault);
    const half = { STORAGE: 's3', S3_BUCKET: 'pictures', S3_ACCESS_KEY_ID: 'me' };
    expect(() => readConfig(half)).toThrow('S3_SECRET_ACCESS_KEY must be set, too');
  });

  it('keeps faulty secrets out of its message', () => {
    expect(() => readConfig({ DATABASE_URL: 'mysql://root:hunter2@localhost/' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    );
  });
});

describe('readServiceConfig', () => {
  it('requires a database', () => {
    expect(readServiceConfig({ DATABASE_URL }).DATABASE_URL).toBe(DATABASE_URL);
    expect(() => readServiceConfig({})).toThrow('DATABASE_URL must be set');
  });
});
