import { randomUUID } from 'node:crypto';
import { chmod, link, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import sharp from 'sharp';
import { putKey } from '#database';
import { createJobClient, jobOfWebhook, type JobClient } from '#test/job-client';
import { filesBelow, makePlaceFolders, putFiles, type PlaceFolders } from '#test/job-places';
import { disc, toJpeg, toPng } from '#test/pictures';
import { startReceiver, type Receiver } from '#test/receiver';
import { startService, type Service } from '#test/service';
import { until } from '#test/until';

jest.setTimeout(180_000);

const options = { model: 'runware:109@1' };
const isRoot = process.getuid?.() === 0;

describe('a job whose images lie in a folder of the operator', () => {
  let service: Service;
  let receiver: Receiver;
  let folders: PlaceFolders;
  let jobs: JobClient;
  let photo: Buffer;
  let other: JobClient;

  beforeAll(async () => {
    photo = await toPng(disc(40, 30));
    receiver = await startReceiver();
    folders = await makePlaceFolders((folder) => ({
      both: { folder: join(folder, 'both'), rights: ['read', 'write'] },
      others: { folder: join(folder, 'both'), rights: ['read', 'write'], keys: ['other'] },
      away: { folder: join(folder, 'away'), rights: ['read', 'write'] },
      marked: { folder: join(folder, 'marked'), mark: 'is-mounted', rights: ['read', 'write'] },
      alias: { folder: join(folder, 'alias'), rights: ['write'] },
    }));
    await symlink(folders.source, join(folders.source, '../alias'));
    service = await startService({
      env: {
        OUTBOUND_ALLOW: '127.0.0.1',
        MAX_JOB_IMAGES: '60',
        MAX_JOB_TASKS_IN_FLIGHT: '8',
        ...folders.env,
      },
    });
    jobs = createJobClient(service.url, service.key);
    const key = `cc_${randomUUID()}${randomUUID()}`;
    await putKey(service.database, 'other', key);
    other = createJobClient(service.url, key);
    await service.worker.start();
    await service.dispatcher.start();
  });
  afterAll(async () => {
    await service.stop();
    await receiver.stop();
    await folders.stop();
  });
  beforeEach(async () => {
    for (const folder of [folders.source, folders.target]) {
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder);
    }
  });

  const source = { place: 'photos', prefix: '' };
  const target = { place: 'cutouts', prefix: 'of/today' };

  it('gets a cutout for each image in the target before its one webhook, and a ZIP', async () => {
    await folders.put({
      'a.png': photo,
      'shoes/red.png': photo,
      'shoes/Red.jpg': await toJpeg(disc(30, 30)),
      'shoes/deep/er/b.PNG': photo,
      'broken.png': 'no image',
      'notes.txt': 'not for us',
      '.hidden/c.png': photo,
      'shoes/._red.png': 'of a Mac',
    });
    const webhookURL = `${receiver.url}/disk`;
    const sent = { jobUUID: randomUUID(), options, source, target, webhookURL };
    expect((await jobs.create(sent)).source).toEqual(source);
    await jobs.create(sent);
    await jobs.create({ ...sent, source: { place: 'photos' }, target: { ...target, prefix: 'of/today/' } });
    const [told] = await until('the webhook', () => {
      const all = receiver.received('/disk');
      return all.length > 0 ? all : undefined;
    });
    const names = ['of/today/a.png', 'of/today/shoes/Red.png', 'of/today/shoes/deep/er/b.png'];
    const files = await filesBelow(folders.target);
    expect(files).toEqual([...names, 'of/today/shoes/red-2.png'].sort());
    for (const file of files) {
      const { format, channels } = await sharp(await readFile(join(folders.target, file))).metadata();
      expect([format, channels]).toEqual(['png', 4]);
    }
    const job = await jobs.show(sent.jobUUID);
    expect(job).toMatchObject({ status: 'ended', total: 5, success: 4, error: 1, source, target });
    expect(job.isListing).toBeUndefined();
    expect(jobOfWebhook(told?.body ?? Buffer.from(''))).toEqual(job);

    const items = await jobs.items(sent.jobUUID);
    expect(items.map(({ place, name, error }) => [place, name, error?.code])).toEqual([
      [0, 'a', undefined],
      [1, 'broken', 'unsupportedImageFormat'],
      [2, 'shoes/Red', undefined],
      [3, 'shoes/deep/er/b', undefined],
      [4, 'shoes/red-2', undefined],
    ]);
    const zip = await jobs.zip(sent.jobUUID);
    expect(zip.get('shoes/Red.png')).toEqual(await readFile(join(folders.target, 'of/today/shoes/Red.png')));
    expect([...zip.keys()]).toContain('errors.json');
  });

  it('reads only the folder that was named, and images by UUID go to a target too', async () => {
    await folders.put({ 'in/a.png': photo, 'in-not/b.png': photo, 'c.png': photo });
    const { jobUUID } = await jobs.create({ options, source: { place: 'photos', prefix: 'in/' } });
    expect((await jobs.ended(jobUUID)).total).toBe(1);
    expect((await jobs.items(jobUUID)).map(({ name }) => name)).toEqual(['a']);
    expect(await filesBelow(folders.target)).toEqual([]);

    const image = (
      await service.post([
        { taskType: 'imageUpload', taskUUID: randomUUID(), image: photo.toString('base64') },
      ])
    ).data[0]?.['imageUUID'];
    const images = [{ image, name: '../../etc/hat.png' }];
    const made = await jobs.create({ options, images, target: { place: 'cutouts' } });
    expect((await jobs.ended(made.jobUUID)).success).toBe(1);
    expect(await filesBelow(folders.target)).toEqual(['etc/hat.png']);
  });

  it.each([
    '..',
    '../photos',
    'a/../b',
    '/etc',
    'a//b',
    './a',
    'a/.',
    'a\\..\\b',
    'a\u0000b',
    '\ud800',
    '//',
    '/',
  ])('refuses the folder %j of a place', async (prefix) => {
    for (const side of ['source', 'target']) {
      const job = { options, source: { place: 'photos' }, target: { place: 'cutouts' } };
      const { status, errors } = await jobs.send({ ...job, [side]: { place: 'photos', prefix } });
      expect([status, errors[0]?.code, errors[0]?.parameter]).toEqual([
        400,
        'invalidParameter',
        `${side}.prefix`,
      ]);
    }
  });

  it.each([
    [{ source: { place: 'nowhere' } }, 'invalidParameter', 'source.place'],
    [{ source: { place: '../photos' } }, 'invalidParameter', 'source.place'],
    [{ source: { place: 'cutouts' } }, 'permissionDenied', 'source.place'],
    [{ source, target: { place: 'photos' } }, 'permissionDenied', 'target.place'],
    [{ source: { place: 'others' } }, 'invalidParameter', 'source.place'],
    [{ source, images: [{ image: randomUUID() }] }, 'incompatibleParameters', 'source'],
    [{ target: { place: 'cutouts' } }, 'missingParameter', 'images'],
    [{ source, target: { place: 'alias', prefix: 'x' } }, 'incompatibleParameters', 'target'],
    [
      { source: { place: 'both' }, target: { place: 'both', prefix: 'x' } },
      'incompatibleParameters',
      'target',
    ],
    [{ source: { place: 'both', folder: 'x' } }, 'unsupportedParameter', 'source.folder'],
    [{ source: 'photos' }, 'invalidParameter', 'source'],
  ])('answers %j with %s at %s', async (places, code, parameter) => {
    const { errors } = await jobs.send({ options, ...places });
    expect([errors[0]?.code, errors[0]?.parameter]).toEqual([code, parameter]);
    expect(JSON.stringify(errors)).not.toContain(folders.source);
  });

  it('lets the keys use a place that it names, and shows their jobs to nobody else', async () => {
    await mkdir(join(folders.source, '../both'), { recursive: true });
    await writeFile(join(folders.source, '../both/a.png'), photo);
    const { jobUUID } = await other.create({ options, source: { place: 'others' } });
    expect((await other.ended(jobUUID)).success).toBe(1);
    for (const path of ['', '/items', '/results.zip'])
      expect((await jobs.ask(`/${jobUUID}${path}`)).status).toBe(404);
  });

  it('follows no link, neither to a file nor to a folder', async () => {
    const secret = join(folders.target, '../secret');
    await mkdir(secret, { recursive: true });
    await writeFile(join(secret, 'key.png'), photo);
    await folders.put({ 'a.png': photo });
    await symlink(join(secret, 'key.png'), join(folders.source, 'key.png'));
    await symlink(secret, join(folders.source, 'out'));
    await link(join(secret, 'key.png'), join(folders.source, 'hard.png'));
    const { jobUUID } = await jobs.create({ options, source });
    await jobs.ended(jobUUID);
    expect((await jobs.items(jobUUID)).map(({ name }) => name)).toEqual(['a', 'hard']);

    const through = await jobs.create({ options, source: { place: 'photos', prefix: 'out' } });
    const job = await jobs.ended(through.jobUUID);
    expect([job.total, job.problem?.code, job.problem?.parameter]).toEqual([
      0,
      'invalidInputImage',
      'source',
    ]);
    expect(JSON.stringify(job)).not.toContain(folders.source);

    await symlink(secret, join(folders.target, 'link'));
    const sent = { options, source, target: { place: 'cutouts', prefix: 'link' } };
    const written = await jobs.create(sent);
    expect((await jobs.ended(written.jobUUID)).error).toBe(2);
    const [item] = await jobs.items(written.jobUUID);
    expect([item?.status, item?.error?.code, item?.error?.parameter]).toEqual([
      'error',
      'uploadFailed',
      'target',
    ]);
    expect(item?.error?.message).toBe(
      "'link/a.png' in the place 'cutouts' is reached by a link, which is not followed.",
    );
    expect(await filesBelow(secret)).toEqual(['key.png']);
    // What was paid for is not lost with its target.
    expect(item?.result).toMatchObject({ imageURL: expect.stringMatching(/\.png$/) });
    expect([...(await jobs.zip(written.jobUUID)).keys()].toSorted()).toEqual(['a.png', 'hard.png']);
  });

  it('names a folder whose name is no UTF-8, and what is damaged', async () => {
    await folders.put({ 'a.png': photo, 'lost+found/b.png': photo, 'short.png': photo.subarray(0, 60) });
    await mkdir(Buffer.concat([Buffer.from(`${folders.source}/gr`), Buffer.from([0xfc]), Buffer.from('n')]));
    const { jobUUID } = await jobs.create({ options, source });
    await jobs.ended(jobUUID);
    const items = await jobs.items(jobUUID);
    expect(items.map(({ name, error }) => [name, error?.code, error?.parameter])).toEqual([
      ['a', undefined, undefined],
      ['gr\uFFFDn', 'mediaNotFound', 'source'],
      ['short', 'invalidInputImage', 'source'],
    ]);
    expect(items[1]?.error?.message).toBe("'gr\uFFFDn/' in the place 'photos' does not exist.");
  });

  it('says why there are no images to work on', async () => {
    await folders.put({ 'notes.txt': 'x', 'some/a.png': photo });
    const ended = async (prefix: string) => {
      const { jobUUID } = await jobs.create({ options, source: { place: 'photos', prefix } });
      return jobs.ended(jobUUID);
    };
    const missing = await ended('nothing/here');
    expect(missing).toMatchObject({
      status: 'ended',
      total: 0,
      problem: { code: 'mediaNotFound', parameter: 'source' },
    });
    expect(missing.problem?.message).toBe("'nothing/here' in the place 'photos' does not exist.");
    await mkdir(join(folders.source, 'empty'));
    expect((await ended('empty')).problem?.message).toMatch(/has no images/);
    expect((await ended('notes.txt')).problem?.message).toMatch(/is no folder/);
  });

  it('refuses more images than a job may have, and keeps none of them', async () => {
    await folders.put(Object.fromEntries(Array.from({ length: 61 }, (_, i) => [`${i}.png`, photo])));
    const { jobUUID } = await jobs.create({ options, source });
    const job = await jobs.ended(jobUUID);
    expect(job).toMatchObject({
      total: 0,
      problem: { code: 'invalidParameter', parameter: 'source', max: 60 },
    });
    expect(await jobs.items(jobUUID)).toEqual([]);
  });

  it('fails a file alone that is gone, or may not be read', async () => {
    await folders.put({ 'a.png': photo, 'b.png': photo, 'gone.png': photo, 'z/c.png': photo });
    const job = { options, source: { place: 'photos' } };
    await service.worker.stop();
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`a/${i}.png`, photo]));
    await folders.put(many);
    const { jobUUID } = await jobs.create(job);
    await until('tasks', async () => (await jobs.show(jobUUID)).running === 8);
    await rm(join(folders.source, 'gone.png'));
    if (!isRoot) await chmod(join(folders.source, 'z/c.png'), 0);
    await rename(join(folders.source, 'b.png'), join(folders.source, 'real.png'));
    await symlink(join(folders.source, 'real.png'), join(folders.source, 'b.png'));
    await service.worker.start();
    await jobs.ended(jobUUID);
    const failed = (await jobs.items(jobUUID)).filter(({ error }) => error);
    expect(failed.map(({ name, error }) => [name, error?.code])).toEqual([
      ['b', 'invalidInputImage'],
      ['gone', 'mediaNotFound'],
      ...(isRoot ? [] : [['z/c', 'invalidInputImage']]),
    ]);
    expect(failed[1]?.error?.message).toBe("'gone.png' in the place 'photos' does not exist.");
    expect(JSON.stringify(failed)).not.toContain(folders.source);
  });

  it.each([
    ['away', undefined],
    ['marked', 'is-mounted'],
  ])('waits while the disk of the place %s is away, and goes on with it', async (place, mark) => {
    const folder = join(folders.source, '..', place);
    if (mark) await putFiles(folder, { 'in/a.png': photo });
    await folders.put({ 'b.png': photo });
    const from = { place, prefix: 'in' };
    const { jobUUID } = await jobs.create({ options, source: from, target: { place: 'cutouts' } });
    const to = { place, prefix: 'out' };
    const back = await jobs.create({ options, source: { place: 'photos' }, target: to });
    await until('the result', async () => {
      const where = { state: 'succeeded' as const, keyId: { not: null } };
      const [item] = await jobs.items(back.jobUUID);
      return (
        (await service.database.task.count({
          where: { ...where, taskUuid: item?.taskUUID ?? randomUUID() },
        })) === 1
      );
    });
    const trouble = {
      code: 'serviceUnavailable',
      message: `The place '${place}' cannot be used right now. The job goes on by itself once this has passed.`,
    };
    await until('the trouble', async () => (await jobs.show(back.jobUUID)).trouble);
    expect(await jobs.show(back.jobUUID)).toMatchObject({
      running: 1,
      success: 0,
      trouble: { ...trouble, parameter: 'target' },
    });
    const listing = await jobs.show(jobUUID);
    expect(listing).toMatchObject({
      isListing: true,
      total: 0,
      trouble: { ...trouble, parameter: 'source' },
    });
    expect(JSON.stringify(listing)).not.toContain(folder);
    if (mark) expect(await filesBelow(folder)).toEqual(['in/a.png']);

    if (mark) await writeFile(join(folder, mark), '');
    else {
      await putFiles(`${folder}-fresh`, { 'in/a.png': photo });
      await rename(`${folder}-fresh`, folder);
    }
    for (const uuid of [jobUUID, back.jobUUID]) {
      const ended = await jobs.ended(uuid);
      expect(ended.success).toBe(1);
      expect(ended).not.toHaveProperty('trouble');
    }
    expect(await filesBelow(folder)).toContain('out/b.png');
    expect(await filesBelow(folders.target)).toEqual(['a.png']);
  });

  it('says that its source has left while its images are read, and goes on with it', async () => {
    const folder = join(folders.source, '../marked');
    const mark = join(folder, 'is-mounted');
    const many = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`many/${i}.png`, photo]));
    await putFiles(folder, { ...many, 'is-mounted': '' });
    await service.worker.stop();
    const { jobUUID } = await jobs.create({ options, source: { place: 'marked', prefix: 'many' } });
    await until('tasks', async () => (await jobs.show(jobUUID)).running === 8);
    await rm(mark);
    await service.worker.start();
    const waiting = await until('the trouble', async () => {
      const job = await jobs.show(jobUUID);
      return job.trouble?.code === 'serviceUnavailable' ? job : undefined;
    });
    expect(waiting).not.toHaveProperty('estimatedS');
    expect(waiting.trouble).toEqual({
      code: 'serviceUnavailable',
      message: "The place 'marked' cannot be used right now. The job goes on by itself once this has passed.",
      parameter: 'source',
    });
    await writeFile(mark, '');
    expect(await jobs.ended(jobUUID)).toMatchObject({ total: 12, success: 12 });
  });

  it('is the same job with and without a slash at the end of a folder', async () => {
    await folders.put({ 'shoes/a.png': photo });
    const send = (jobUUID: string, prefix: string, ofTarget: string) =>
      jobs.send({
        jobUUID,
        options,
        source: { place: 'photos', prefix },
        target: { place: 'cutouts', prefix: ofTarget },
      });
    for (const [from, to] of [
      ['shoes', 'shoes/'],
      ['shoes/', 'shoes'],
    ] as const) {
      const jobUUID = randomUUID();
      expect((await send(jobUUID, from, to)).status).toBe(202);
      for (const prefix of ['shoes', 'shoes/'])
        expect((await send(jobUUID, prefix, prefix)).job?.jobUUID).toBe(jobUUID);
      expect((await send(jobUUID, 'shoe', 'shoes')).errors[0]?.code).toBe('conflictJobUUID');
      expect((await jobs.ended(jobUUID)).total).toBe(1);
    }
  });

  it('ends a cancelled job whose places are away', async () => {
    await folders.put({ 'a.png': photo });
    const lost = join(folders.source, '../away');
    await rm(lost, { recursive: true, force: true });
    const listing = await jobs.create({ options, source: { place: 'away' } });
    const writing = await jobs.create({ options, source, target: { place: 'away' } });
    await until(
      'the result',
      async () =>
        (await service.database.jobItem.count({
          where: { job: { jobUuid: writing.jobUUID }, state: 'taken', taskId: { not: null } },
        })) === 1 && (await jobs.show(writing.jobUUID)).running === 1,
    );
    await until('the trouble', async () => (await jobs.show(listing.jobUUID)).trouble);
    expect(await jobs.cancel(listing.jobUUID)).not.toHaveProperty('trouble');
    expect(await jobs.ended(listing.jobUUID)).toMatchObject({ status: 'cancelled', total: 0 });
    await jobs.cancel(writing.jobUUID);
    expect(await jobs.ended(writing.jobUUID)).toMatchObject({ status: 'cancelled', success: 0 });
  });
});

it('says clearly that no places are configured', async () => {
  const service = await startService();
  const jobs = createJobClient(service.url, service.key);
  const { status, errors } = await jobs.send({ options, source: { place: 'photos' } });
  expect([status, errors[0]?.code, errors[0]?.parameter]).toEqual([400, 'invalidParameter', 'source.place']);
  expect(errors[0]?.message).toContain('JOB_PLACES_FILE');
  await service.stop();
});
