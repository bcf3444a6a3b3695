import { removal } from '#test/client';
import type { Service } from './service.js';

const post = async ({ url, key }: Service, image: string, signal: AbortSignal): Promise<void> => {
  const response = await fetch(`${url}/v1`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify([removal(image, { outputType: 'URL', outputFormat: 'PNG' })]),
    signal,
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`the service answers ${response.status}: ${answer}`);
};

/**
 * Sends each image in its own request, which waits for the cutout.
 *
 * @param images in base64
 * @returns milliseconds from the first request to the last answer
 */
export const removeAll = async (
  service: Service,
  images: Iterable<string>,
  inFlight: number,
  signal: AbortSignal,
): Promise<number> => {
  const startMs = performance.now();
  const rest = images[Symbol.iterator]();
  const client = async () => {
    for (let next = rest.next(); !next.done; next = rest.next()) await post(service, next.value, signal);
  };
  await Promise.all(Array.from({ length: inFlight }, client));
  return performance.now() - startMs;
};
