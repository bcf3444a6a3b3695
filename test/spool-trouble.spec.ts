import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startFleet, type Fleet, type FleetProgram } from '#test/fleet';
import { disc, noise, toPng } from '#test/pictures';
import { connect, itemOf } from '#test/socket-client';

type Item = Record<string, unknown>;
type Sent = {
  readonly status: number;
  readonly retryAfter: number;
  readonly data: Item[];
  readonly errors: Item[];
};

const LIMIT_MS = 90_000;
const TRY_AGAIN_LATER = 1013;

describe('a gateway whose temporary folder is away', () => {
  const taskUUIDs = { json: randomUUID(), frame: randomUUID(), put: randomUUID() };
  let large: Buffer;
  let parent: string;
  let folder: string;
  let fleet: Fleet;
  let gateway: FleetProgram;
  beforeAll(async () => {
    large = await toPng(noise(700, 700));
    parent = await mkdtemp(join(tmpdir(), 'clearcut-spool-trouble-'));
    folder = join(parent, 'tmp');
    fleet = await startFleet({ TMPDIR: folder });
    gateway = await fleet.start('gateway');
  }, LIMIT_MS);
  afterAll(async () => {
    await fleet.stop();
    await rm(parent, { recursive: true, force: true });
  }, LIMIT_MS);

  const send = async (path: string, init: RequestInit): Promise<Sent> => {
    const response = await fetch(`${gateway.url}${path}`, {
      ...init,
      headers: new Headers([['authorization', `Bearer ${fleet.key}`], ...new Headers(init.headers)]),
    });
    const { data = [], errors = [] } = (await response.json()) as Partial<Sent>;
    return { status: response.status, retryAfter: Number(response.headers.get('retry-after')), data, errors };
  };
  const uploadOf = (taskUUID: string, image: Buffer) => ({
    taskType: 'imageUpload',
    taskUUID,
    image: image.toString('base64'),
  });
  const byJson = (image = large, taskUUID = taskUUIDs.json) =>
    send('/v1', {
      method: 'POST',
      body: JSON.stringify([uploadOf(taskUUID, image)]),
      headers: { 'content-type': 'application/json' },
    });
  const byPut = () => send(`/v1/images/${taskUUIDs.put}`, { method: 'PUT', body: new Uint8Array(large) });
  const byForm = () => {
    const form = new FormData();
    form.append('image', new Blob([new Uint8Array(large)]));
    return send('/v1/images', { method: 'POST', body: form });
  };

  it.each<[string, () => Promise<Sent>]>([
    ['JSON', () => byJson()],
    ['PUT', byPut],
    ['a form', byForm],
  ])('says that it is its own fault, and when to come again, to an image by %s', async (_, request) => {
    const { status, retryAfter, errors } = await request();
    expect([status, errors[0]?.['code']]).toEqual([503, 'serviceUnavailable']);
    expect(retryAfter).toBeGreaterThan(0);
    expect(errors[0]).not.toHaveProperty('parameter');
  });

  it('takes images that need no file', async () => {
    const { status } = await byJson(await toPng(disc(64, 64)), randomUUID());
    expect(status).toBe(200);
  });

  it('lets a WebSocket client connect again and send its frame again', async () => {
    const first = await connect(gateway.url);
    await first.authenticate(fleet.key);
    first.send([uploadOf(taskUUIDs.frame, large)]);
    expect(itemOf(await first.nextFrame(1))).toMatchObject({ code: 'serviceUnavailable' });
    expect(await first.closed).toBe(TRY_AGAIN_LATER);
  });

  it('loses nothing: all of them are taken when it is back', async () => {
    expect(await fleet.database.image.count({ where: { bytes: large.length } })).toBe(0);
    await mkdir(folder);
    const again = await connect(gateway.url);
    await again.authenticate(fleet.key);
    again.send([uploadOf(taskUUIDs.frame, large)]);
    expect(await again.frameOf(taskUUIDs.frame)).toHaveProperty('data');
    again.socket.terminate();
    const answers = [await byJson(), await byPut(), await byForm()];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);

    const images = await fleet.database.image.findMany({ where: { bytes: large.length } });
    expect(images).toHaveLength(4);
    for (const { storageKey } of images) {
      const stored = await readFile(join(String(fleet.env['DATA_DIR']), 'images', storageKey));
      expect(stored.equals(large)).toBe(true);
    }
    expect((await readdir(folder)).filter((name) => name.startsWith('clearcut-upload-'))).toEqual([]);
  });
});
