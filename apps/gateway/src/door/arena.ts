const FIRST_BYTES = 4 * 1024;

/** Bytes that grow at their end. */
export type Arena = {
  readonly length: () => number;
  readonly push: (byte: number) => void;
  readonly write: (bytes: Uint8Array, start: number, end: number) => void;
  /** Forgets the bytes behind that place. */
  readonly cut: (length: number) => void;
  readonly slice: (start: number, end?: number) => Buffer;
};

export const createArena = (max: number): Arena => {
  let bytes = Buffer.alloc(0);
  let length = 0;

  const grow = (needed: number) => {
    const wanted = Math.max(needed, 2 * bytes.length, FIRST_BYTES);
    const larger = Buffer.allocUnsafeSlow(Math.min(Math.max(max, needed), wanted));
    larger.set(bytes.subarray(0, length));
    bytes = larger;
  };

  return {
    length: () => length,
    push: (byte) => {
      if (length === bytes.length) grow(length + 1);
      bytes[length++] = byte;
    },
    write: (source, start, end) => {
      const needed = length + end - start;
      if (needed > bytes.length) grow(needed);
      bytes.set(source.subarray(start, end), length);
      length = needed;
    },
    cut: (shorter) => {
      length = shorter;
    },
    slice: (start, end = length) => bytes.subarray(start, end),
  };
};
