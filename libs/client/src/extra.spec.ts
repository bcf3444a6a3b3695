import { describe, expect, it } from '@jest/globals';
import { createExtra } from './extra.js';
import type { Source } from './source.js';

const source: Source = { kind: 'bytes', blob: new Blob(['x']), stamp: '1' };
const first = '00000000-0000-4000-8000-000000000001';

/** An upload that the test ends. A signal ends it too. */
const startUploads = () => {
  const sent: { readonly uuid: string; readonly done: (text: string) => void; readonly fail: () => void }[] =
    [];
  const send = (_: Source, uuid: string, signal: AbortSignal) =>
    new Promise<string>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
      sent.push({ uuid, done: resolve, fail: () => reject(new Error('no room')) });
    });
  return { sent, extra: createExtra(send, source, first) };
};
const { signal } = new AbortController();

describe('an image of many tasks', () => {
  it('is uploaded once', async () => {
    const { sent, extra } = startUploads();
    const texts = [extra.text(signal), extra.text(signal)];
    sent[0]?.done('a');
    expect(await Promise.all(texts)).toEqual(['a', 'a']);
    expect(await extra.text(signal)).toBe('a');
    expect(sent.map(({ uuid }) => uuid)).toEqual([first]);
  });

  it('is uploaded by the next task when the one that sent it is stopped', async () => {
    const { sent, extra } = startUploads();
    const stopping = new AbortController();
    const texts = [extra.text(stopping.signal), extra.text(signal)];
    const stopped = expect(texts[0]).rejects.toThrow('out of time');
    stopping.abort(new Error('out of time'));
    await stopped;
    expect(sent).toHaveLength(2);
    sent[1]?.done('a');
    expect(await texts[1]).toBe('a');
  });

  it('keeps no stopped task waiting for the upload of another', async () => {
    const { sent, extra } = startUploads();
    const stopping = new AbortController();
    const texts = [extra.text(signal), extra.text(stopping.signal)];
    stopping.abort(new Error('out of time'));
    await expect(texts[1]).rejects.toThrow('out of time');
    sent[0]?.done('a');
    expect(await texts[0]).toBe('a');
  });

  it('is uploaded anew after a failure', async () => {
    const { sent, extra } = startUploads();
    const texts = [extra.text(signal), extra.text(signal)];
    const failed = Promise.all(texts.map((text) => expect(text).rejects.toThrow('no room')));
    sent[0]?.fail();
    await failed;
    const next = extra.text(signal);
    sent[1]?.done('b');
    expect(await next).toBe('b');
  });

  it('is uploaded anew once the server no longer has it, by one task of those that notice', async () => {
    const { sent, extra } = startUploads();
    const before = extra.text(signal);
    sent[0]?.done('a');
    expect(await before).toBe('a');
    extra.renew('a');
    const after = extra.text(signal);
    sent[1]?.done('b');
    expect(await after).toBe('b');
    extra.renew('a');
    expect(await extra.text(signal)).toBe('b');
    expect(sent[1]?.uuid).not.toBe(first);
  });
});
