import { describe, expect, it } from '@jest/globals';
import { TaskError } from '#contract';
import { ImageError, type ImageFault } from '#imaging';
import { OutboundError, type OutboundFault } from '#outbound';
import { atParameter } from './index.js';

const caughtAt = (parameter: string, error: unknown): Promise<unknown> =>
  atParameter(parameter, () => {
    throw error;
  }).then(
    () => undefined,
    (caught: unknown) => caught,
  );

describe('atParameter', () => {
  it('returns the result of work that is sync or async', async () => {
    expect(await atParameter('image', () => 1)).toBe(1);
    expect(await atParameter('image', async () => 2)).toBe(2);
  });

  it.each<[string, OutboundFault, string]>([
    ['inputImage', 'refused', 'invalidInputImageURL'],
    ['inputImage', 'unreachable', 'downloadFailed'],
    ['inputImage', 'untrusted', 'downloadFailed'],
    ['inputImage', 'badStatus', 'downloadFailed'],
    ['inputImage', 'badAnswer', 'downloadFailed'],
    ['inputImage', 'tooLarge', 'maxImageSizeExceeded'],
    ['inputImage', 'stopped', 'downloadFailed'],
    ['inputs.image', 'refused', 'invalidInputImageURL'],
    ['media', 'unreachable', 'downloadFailed'],
    ['uploadEndpoint', 'refused', 'invalidUploadEndpoint'],
    ['uploadEndpoint', 'unreachable', 'uploadFailed'],
    ['uploadEndpoint', 'untrusted', 'uploadFailed'],
    ['uploadEndpoint', 'stopped', 'uploadFailed'],
    ['webhookURL', 'refused', 'invalidWebhookURL'],
  ])('in %s makes an address that is %s a problem: %s', async (parameter, kind, code) => {
    const cause = new OutboundError(kind, 'http://host.example/ fails.', { max: 5 });
    const error = await caughtAt(parameter, cause);
    expect(error).toBeInstanceOf(TaskError);
    expect(error).toMatchObject({ code, cause });
    const message = `The URL in '${parameter}' cannot be used: http://host.example/ fails.`;
    expect(error).toHaveProperty('message', message);
    expect(error).toHaveProperty('details', { parameter, max: 5 });
  });

  it('leaves our own proxy unblamed', async () => {
    const away = new OutboundError('proxyAway', 'http://host.example/ waits.');
    expect(await caughtAt('inputImage', away)).toBe(away);
  });

  it.each<[ImageFault, string, string]>([
    ['unsupportedFormat', 'unsupportedImageFormat', 'image'],
    ['damaged', 'invalidInputImage', 'image'],
    ['tooLarge', 'maxImageSizeExceeded', 'image'],
    ['tooManyScans', 'invalidInputImage', 'image'],
    ['unfit', 'incompatibleParameters', 'outputFormat'],
  ])('makes an image that is %s a problem: %s in %s', async (kind, code, parameter) => {
    const cause = new ImageError(kind, 'The JPEG', 'has a fault', { max: 7 });
    const error = await caughtAt('image', cause);
    expect(error).toMatchObject({ code, message: "The JPEG in 'image' has a fault.", cause });
    expect(error).toHaveProperty('details', { parameter, max: 7 });
  });

  it('keeps isRetryable and retryAfterMs out of the message and the details', async () => {
    const facts = { status: 429, retryAfterMs: 5_000 };
    const passing = await caughtAt('inputImage', new OutboundError('badStatus', 'It fails.', facts));
    expect(passing).toMatchObject({ isRetryable: true, retryAfterMs: 5_000 });
    expect(passing).toHaveProperty('details', { parameter: 'inputImage' });

    const final = await caughtAt('inputImage', new OutboundError('badStatus', 'It fails.', { status: 404 }));
    expect(final).toMatchObject({ code: 'downloadFailed', isRetryable: false });
  });

  it('throws other errors unchanged', async () => {
    const taskError = new TaskError('mediaExpired', 'It was deleted.');
    expect(await caughtAt('image', taskError)).toBe(taskError);
    const fault = new Error('no memory');
    expect(await caughtAt('image', fault)).toBe(fault);
  });
});
