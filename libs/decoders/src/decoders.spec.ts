import { afterEach, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { disc, noise, toJpeg, toPng, toWebp, writePng } from '#test/pictures';
import { decode, ImageError, limitThreads } from '#imaging';
import { onLinux } from '#test/on-linux';
import { canMountDisks, mountSmallDisk } from '#test/small-disk';
import { HANG_MS, until } from '#test/until';
import { collectGarbage } from '#test/garbage';
import { DecoderError, openDecoders, type DecoderOptions, type Decoders } from './index.js';
import type { End } from './ending.js';

limitThreads(2);
const limits = { maxPixels: 50e6 };
const small = await toJpeg(disc(64, 48));
/** Takes half a second of computing. */
const slow = await sharp({ create: { width: 6_000, height: 6_000, channels: 4, background: '#fa38' } })
  .png({ progressive: true, compressionLevel: 1 })
  .toBuffer();
const isLinux = process.platform === 'linux';
// Where no disk can be mounted, small-disk.ts prints what is skipped.
const onDisks = canMountDisks ? it : it.skip;

describe('decoders', () => {
  let decoders: Decoders;
  const ends: End[] = [];
  const fileFaults: string[] = [];
  const open = async (more: Partial<DecoderOptions> = {}) => {
    ends.length = 0;
    fileFaults.length = 0;
    decoders = await openDecoders({
      limits,
      cores: 2,
      timeoutMs: HANG_MS,
      onEnd: (end) => ends.push(end),
      onFileFault: (reason) => fileFaults.push(reason),
      ...more,
    });
    return decoders;
  };
  afterEach(() => decoders.close());

  const factsOf = (error: unknown) => {
    const { kind, subject, what, facts } = error as ImageError;
    return { kind, subject, what, facts };
  };
  const causes = () => ends.map(({ cause }) => cause);
  const failure = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => new Error('it did not fail'),
      (error: unknown) => error,
    );
  /** Sends a signal to each new process that has an image. */
  const signalTo = async (signal: NodeJS.Signals, times: number) => {
    const seen = new Set<number>();
    while (seen.size < times) {
      const pid = await until('a process', () => decoders.stats().pids.find((each) => !seen.has(each)));
      seen.add(pid);
      process.kill(pid, signal);
    }
  };

  it('keep nothing of an image that was decoded', async () => {
    const { decode: boxed } = await open();
    const decodeOnce = async () => {
      const file = Uint8Array.from(small);
      const { data } = await boxed(file);
      return [new WeakRef(file), new WeakRef(data)];
    };
    const kept: WeakRef<object>[] = [];
    for (let i = 0; i < 5; i++) kept.push(...(await decodeOnce()));
    await until('the end of their memory', () => {
      collectGarbage();
      return kept.every((each) => each.deref() === undefined);
    });
    expect(ends).toEqual([]);
  });

  it('give the same pixels and facts as this process', async () => {
    const { decode: boxed } = await open();
    const picture = noise(701, 311);
    const files = [
      await toJpeg(picture),
      await toPng(picture),
      await toWebp(picture),
      await sharp(small).withMetadata({ orientation: 6, density: 300 }).jpeg().toBuffer(),
      await sharp(small).toColourspace('cmyk').jpeg().toBuffer(),
      writePng(3, 65_535),
      slow,
    ];
    for (const file of files) {
      const [{ data, ...facts }, { data: expected, ...expectedFacts }] = [
        await boxed(file),
        await decode(file, limits),
      ];
      expect(facts).toEqual(expectedFacts);
      expect(Buffer.compare(data, expected)).toBe(0);
      expect(structuredClone(data, { transfer: [data.buffer] })).toHaveLength(expected.length);
    }
    expect([causes(), fileFaults]).toEqual([[], []]);
  });

  it('write pixels into the memory that they are given', async () => {
    const picture = noise(701, 311);
    const file = await toPng(picture);
    const asked: number[] = [];
    const memory = new ArrayBuffer(picture.data.length + 5);
    new Uint8Array(memory).fill(171);
    const takeMemory = (bytes: number) => (asked.push(bytes) === 1 ? memory : undefined);
    const { decode: boxed } = await open({ takeMemory });
    const [first, second] = [await boxed(file), await boxed(file)];
    expect(first.data.buffer).toBe(memory);
    expect(second.data.buffer).not.toBe(memory);
    const { data: expected } = await decode(file, limits);
    for (const { data } of [first, second]) expect(Buffer.compare(data, expected)).toBe(0);
    expect(asked).toEqual([expected.length, expected.length]);
  });

  it('refuse an image with the same words as this process', async () => {
    const { decode: boxed } = await open();
    const half = (bytes: Buffer) => bytes.subarray(0, bytes.length / 2);
    for (const file of [Buffer.alloc(0), Buffer.from('GIF89a…'), half(small), writePng(8_000, 8_000)]) {
      const [error, expected] = [await failure(boxed(file)), await failure(decode(file, limits))];
      expect(error).toBeInstanceOf(ImageError);
      expect(factsOf(error)).toEqual(factsOf(expected));
    }
    expect(causes()).toEqual([]);
  });

  it('refuse an image that takes too much memory twice, and decode the next', async () => {
    const { decode: boxed } = await open({ memoryBytes: 200e6 });
    const error = await failure(boxed(slow));
    expect(error).toMatchObject({
      kind: 'undecodable',
      message: 'The image takes too much memory to decode; save it again as a baseline JPEG or a plain PNG.',
    });
    expect(causes()).toEqual(['memory', 'memory']);
    expect((await boxed(small)).width).toBe(64);
  });

  it('refuse an image that takes too long twice, and decode the next', async () => {
    const { decode: boxed } = await open({ timeoutMs: 100, hangMs: HANG_MS });
    expect(await failure(boxed(slow))).toMatchObject({
      kind: 'undecodable',
      what: expect.stringMatching(/^takes too long to decode/),
    });
    expect(causes()).toEqual(['time', 'time']);
    expect((await boxed(small)).width).toBe(64);
  });

  onLinux('refuse an image that crashes them twice, and decode the next', async () => {
    const { decode: boxed } = await open();
    const [error] = await Promise.all([failure(boxed(slow)), signalTo('SIGSEGV', 2)]);
    expect(error).toMatchObject({
      kind: 'undecodable',
      what: 'cannot be decoded; save it again as a baseline JPEG or a plain PNG',
    });
    expect(causes()).toEqual(['crash', 'crash']);
    expect((await boxed(small)).width).toBe(64);
  });

  onLinux('decode an image again whose process was killed', async () => {
    const { decode: boxed } = await open();
    const [photo] = await Promise.all([boxed(slow), signalTo('SIGKILL', 1)]);
    expect([photo.width, causes()]).toEqual([6_000, ['killed']]);
  });

  onLinux('take the blame when processes are killed by others three times', async () => {
    const { decode: boxed } = await open();
    const [error] = await Promise.all([failure(boxed(slow)), signalTo('SIGKILL', 3)]);
    expect(error).toBeInstanceOf(DecoderError);
    expect((await boxed(small)).width).toBe(64);
  });

  onLinux('decode an image again whose process hangs', async () => {
    const { decode: boxed, stats } = await open({ hangMs: 4_000 });
    process.kill(stats().pids[0]!, 'SIGSTOP');
    expect([(await boxed(small)).width, causes()]).toEqual([64, ['hung']]);
  });

  it('give up an image when its task ends, also one whose process hangs', async () => {
    const { decode: boxed, stats } = await open();
    if (isLinux) process.kill(stats().pids[0]!, 'SIGSTOP');
    const ending = new AbortController();
    const work = failure(boxed(slow, ending.signal));
    await sleep(5);
    ending.abort(new Error('cancelled'));
    expect(await work).toBe(ending.signal.reason);
    expect(await failure(boxed(small, ending.signal))).toBe(ending.signal.reason);
    expect([(await boxed(small)).width, causes()]).toEqual([64, []]);
  });

  onLinux('decode many images at a time while processes are killed', async () => {
    const { decode: boxed, stats } = await open();
    const images = Array.from({ length: 40 }, () => boxed(small));
    for (let kills = 0; kills < 5; kills++) {
      const [pid] = stats().pids;
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
      await sleep(5);
    }
    expect((await Promise.all(images)).map(({ width }) => width)).toEqual(Array(40).fill(64));
  });

  it('take the channel for pixels where no file can be opened, and say so', async () => {
    const { decode: boxed } = await open({ folder: '/no/such/folder' });
    expect(fileFaults).toHaveLength(1);
    const [{ data }, expected] = [await boxed(slow), await decode(slow, limits)];
    expect(Buffer.compare(data, expected.data)).toBe(0);
  });

  onDisks('take the channel for pixels that do not fit on the disk, and say so', async () => {
    const disk = await mountSmallDisk();
    const { decode: boxed } = await open({ folder: disk.folder });
    const [{ data }, expected] = [await boxed(slow), await decode(slow, limits)];
    expect(Buffer.compare(data, expected.data)).toBe(0);
    expect(fileFaults).toEqual([expect.stringContaining('ENOSPC')]);
    expect((await boxed(small)).width).toBe(64);
    expect([fileFaults.length, causes()]).toEqual([1, []]);
    await decoders.close();
    await disk.stop();
  });

  it('keep one process when they are idle', async () => {
    const { decode: boxed, stats } = await open({ idleMs: 50 });
    await Promise.all([boxed(slow), boxed(slow), boxed(slow)]);
    await until('one process', () => stats().pids.length === 1);
    expect(causes()).toEqual([]);
  });

  onLinux('know nothing of the settings, and get no file but their own', async () => {
    process.env['SECRETS_KEY'] = 'secret';
    const { stats } = await open();
    const environment = await readFile(`/proc/${stats().pids[0]}/environ`, 'utf8');
    const names = environment.split('\0').map((entry) => entry.split('=')[0]);
    expect(names).toContain('MALLOC_ARENA_MAX');
    expect(names.filter((name) => /SECRET|DATABASE|KEY|URL|TOKEN/.test(name!))).toEqual([]);
  });
});
