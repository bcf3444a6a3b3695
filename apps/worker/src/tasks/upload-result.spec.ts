import { describe, expect, it } from '@jest/globals';
import { OutboundError, type Outbound, type Sent } from '#outbound';
import { uploadResult } from './upload-result.js';

const never = new AbortController().signal;
const upload = {
  url: 'http://host.example/a?token=1',
  bytes: Buffer.from('cutout'),
  contentType: 'image/png',
};

/** An endpoint that gives these answers in order and repeats the last one. */
const endpoint = (...answers: (Sent | Error)[]) => {
  const at: number[] = [];
  const send: Outbound['send'] = async () => {
    const answer = answers[Math.min(at.length, answers.length - 1)] ?? { status: 200 };
    at.push(performance.now());
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { send, at };
};

const tiny = [1, 1, 1];

describe('uploadResult', () => {
  it.each([[408], [425], [429], [500], [503]])('tries again after a %i', async (status) => {
    const { send, at } = endpoint({ status }, { status: 201 });
    await uploadResult({ send }, tiny)(upload, never);
    expect(at).toHaveLength(2);
  });

  it('tries again when the endpoint cannot be reached, and finally says so', async () => {
    const { send, at } = endpoint(
      new OutboundError('unreachable', 'http://host.example/a cannot be reached.'),
    );
    await expect(uploadResult({ send }, tiny)(upload, never)).rejects.toMatchObject({
      code: 'uploadFailed',
      message: expect.stringContaining('cannot be reached'),
      details: { parameter: 'uploadEndpoint' },
    });
    expect(at).toHaveLength(4);
  });

  it.each([[301], [400], [403], [404], [413]])('gives up at once after a %i', async (status) => {
    const { send, at } = endpoint({ status });
    await expect(uploadResult({ send }, tiny)(upload, never)).rejects.toMatchObject({
      code: 'uploadFailed',
      message: expect.stringContaining(`status ${status}`),
    });
    expect(at).toHaveLength(1);
  });

  it('waits as long as Retry-After asks', async () => {
    const { send, at } = endpoint({ status: 503, retryAfterMs: 150 }, { status: 200 });
    await uploadResult({ send }, tiny)(upload, never);
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThan(140);
  });

  it('fails at once with invalidUploadEndpoint when the address is refused', async () => {
    const { send, at } = endpoint(new OutboundError('refused', 'It is private.'));
    await expect(uploadResult({ send }, tiny)(upload, never)).rejects.toMatchObject({
      code: 'invalidUploadEndpoint',
      message: "The URL in 'uploadEndpoint' cannot be used: It is private.",
      details: { parameter: 'uploadEndpoint' },
    });
    expect(at).toHaveLength(1);
  });

  it('stops waiting when the signal aborts', async () => {
    const stop = new AbortController();
    const { send, at } = endpoint({ status: 503 });
    const uploading = uploadResult({ send }, [60_000])(upload, stop.signal);
    stop.abort();
    await expect(uploading).rejects.toMatchObject({ name: 'AbortError' });
    expect(at).toHaveLength(1);
  });
});
