import type { Duplex } from 'node:stream';

// Frames of a channel between two processes: the lengths of both parts, a head as JSON, and a body of bytes.

const LENGTHS = 8;
const MAX_HEAD = 64 * 1024;

export type Frame = { readonly head: unknown; readonly body: Uint8Array<ArrayBuffer> };

export const sendFrame = (channel: Duplex, head: object, body: Uint8Array, sent?: () => void): void => {
  const json = Buffer.from(JSON.stringify(head));
  const lengths = Buffer.alloc(LENGTHS);
  lengths.writeUInt32LE(json.length, 0);
  lengths.writeUInt32LE(body.length, 4);
  channel.cork();
  channel.write(lengths);
  channel.write(json);
  channel.write(body, () => sent?.());
  channel.uncork();
};

/**
 * Calls `onFrame` for each frame that arrives, whose body is the only view of its memory.
 *
 * @param onBroken called once, when what arrives is no frame or longer than `maxBody`
 */
export const receiveFrames = (
  channel: Duplex,
  maxBody: number,
  onFrame: (frame: Frame) => void,
  onBroken: (reason: string) => void,
): void => {
  let part: 'lengths' | 'head' | 'body' = 'lengths';
  let target = new Uint8Array(LENGTHS);
  let filled = 0;
  let bodyLength = 0;
  let head: unknown;

  const expectPart = (next: typeof part, length: number) => {
    part = next;
    target = new Uint8Array(length);
    filled = 0;
  };
  const endPart = () => {
    if (part === 'lengths') {
      const lengths = Buffer.from(target.buffer);
      bodyLength = lengths.readUInt32LE(4);
      const headLength = lengths.readUInt32LE(0);
      if (headLength > MAX_HEAD || bodyLength > maxBody) throw new Error('a frame is too long');
      return expectPart('head', headLength);
    }
    if (part === 'head') {
      head = JSON.parse(Buffer.from(target.buffer).toString());
      return expectPart('body', bodyLength);
    }
    const body = target;
    expectPart('lengths', LENGTHS);
    onFrame({ head, body });
  };
  const take = (chunk: Buffer) => {
    for (let from = 0; from < chunk.length;) {
      const piece = chunk.subarray(from, from + target.length - filled);
      target.set(piece, filled);
      filled += piece.length;
      from += piece.length;
      while (filled === target.length) endPart();
    }
  };
  channel.on('data', (chunk: Buffer) => {
    try {
      take(chunk);
    } catch (error) {
      channel.removeAllListeners('data').resume();
      onBroken(String(error));
    }
  });
};
