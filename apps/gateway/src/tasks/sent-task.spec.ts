import { expect, it } from '@jest/globals';
import { openSentTask, sealSentTask } from './sent-task.js';

const plain = { seal: (text: string) => text, open: (text: string) => text };
const kept = (sent: Record<string, unknown>, imageUuid?: string) =>
  openSentTask(plain, sealSentTask(plain, sent, imageUuid ? { inputImage: imageUuid } : {}));

it('keeps addresses without their user names and queries, and webhooks without their paths', () => {
  const addresses = {
    webhookURL: ' https://user:hush@shop.example/hook',
    uploadEndpoint: 'https://bucket.example/put?X-Amz-Signature=hush',
    inputImage: 'https://shop.example/a b.png',
    routing: [{ url: 'http://a.example/?hush' }],
  };
  expect(kept(addresses)).toEqual({
    webhookURL: 'https://shop.example/REDACTED',
    uploadEndpoint: 'https://bucket.example/put?REDACTED',
    inputImage: 'https://shop.example/a b.png',
    routing: [{ url: 'http://a.example/?REDACTED' }],
  });
});

it('names the stored image in place of bytes, in the form that was sent', () => {
  expect(kept({ inputs: { image: 'aGk=' } }, 'uuid')).toEqual({ inputs: { image: 'uuid' } });
  expect(kept({ inputImage: 'aGk=', inputs: null }, 'uuid')).toEqual({ inputImage: 'uuid', inputs: null });
});

it('names further stored images where they were sent', () => {
  const compose = { preset: 'own', background: { image: 'aGk=', fit: 'cover' } };
  const sealed = sealSentTask(plain, { inputImage: 'aGk=', compose }, { 'compose.background.image': 'uuid' });
  const background = { image: 'uuid', fit: 'cover' };
  expect(openSentTask(plain, sealed)).toEqual({ inputImage: 'aGk=', compose: { ...compose, background } });
});

it('keeps a bounded part of parameters that may hold anything', () => {
  let deep: unknown = 'x';
  for (let i = 0; i < 100_000; i++) deep = [deep];
  const wide = Array.from({ length: 1_000 }, () => Array.from({ length: 1_000 }, () => 'x'.repeat(3_000)));
  const sealed = sealSentTask(plain, { taskType: 'removeBackground', deep, wide });
  expect(sealed.length).toBeLessThan(100_000);
  expect(openSentTask(plain, sealed)).toMatchObject({ taskType: 'removeBackground' });
});
