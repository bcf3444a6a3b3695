import { base64 } from './generated/matting.js';
import { type Kernel, moduleOf, reserve } from './kernel.js';
import type { Address, MattingFunctions } from './matting-functions.js';

export type { Address };

const openKernel = moduleOf<MattingFunctions>(base64);

/** An instance of the kernel, whose memory is handed out from its start to its end. */
export class MattingKernel {
  readonly run: MattingFunctions;
  readonly #memory: Kernel<MattingFunctions>['memory'];
  readonly #start: Address;
  #end: Address;
  /** From here on memory was never handed out, so that it is zero. */
  #untouched: Address;

  constructor() {
    const { memory, ...functions } = openKernel();
    this.run = functions;
    this.#memory = memory;
    this.#start = functions.freeFrom();
    this.#end = this.#start;
    this.#untouched = this.#start;
  }

  /** The bytes of its memory, handed out or not. */
  get size(): number {
    return this.#memory.buffer.byteLength;
  }

  /** Takes back all that was handed out. */
  clear(): void {
    this.#end = this.#start;
  }

  /** Takes back what was handed out from an address on. */
  release(from: Address): void {
    this.#end = from;
  }

  /**
   * Hands out memory at a multiple of 16 bytes, with anything in it. Earlier views become invalid.
   *
   * @throws RangeError when there is not that much
   */
  allocateDirty(bytes: number): Address {
    const start = Math.ceil(this.#end / 16) * 16;
    this.#end = start + bytes;
    this.#untouched = Math.max(this.#untouched, this.#end);
    reserve(this.#memory, this.#end);
    return start;
  }

  /** The same, zeroed. */
  allocate(bytes: number): Address {
    const untouched = this.#untouched;
    const start = this.allocateDirty(bytes);
    if (start < untouched) this.bytes(start, Math.min(start + bytes, untouched) - start).fill(0);
    return start;
  }

  /** Makes room at once, since growing in steps costs time. */
  reserve(bytes: number): void {
    reserve(this.#memory, this.#end + bytes);
  }

  /** Copies the values into memory of their own. */
  copyIn(values: Int32Array | Float32Array | Float64Array): Address {
    const start = this.allocateDirty(values.byteLength);
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.bytes(start, bytes.length).set(bytes);
    return start;
  }

  bytes(start: Address, length: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, start, length);
  }

  floats(start: Address, length: number): Float32Array {
    return new Float32Array(this.#memory.buffer, start, length);
  }

  doubles(start: Address, length: number): Float64Array {
    return new Float64Array(this.#memory.buffer, start, length);
  }

  ints(start: Address, length: number): Int32Array {
    return new Int32Array(this.#memory.buffer, start, length);
  }
}

/** A kernel is kept for the next use up to this size: for any photo, and for each pixel of a photo. */
const worthKeeping = { bytes: 64 * 2 ** 20, bytesPerPixel: 24 };

/** Used before and idle now. The garbage collector frees it when it runs before the next use. */
let idle: WeakRef<MattingKernel> | undefined;

/**
 * Lends a kernel, which is that of the last use if there still is one of a fitting size: new memory costs more time than
 * most of the arithmetic, since the system has to provide and zero each page.
 *
 * @param pixels of the photo
 * @param bytes that the use is expected to take
 */
export const withKernel = <T>(pixels: number, bytes: number, use: (kernel: MattingKernel) => T): T => {
  const most = worthKeeping.bytes + pixels * worthKeeping.bytesPerPixel;
  if (bytes > most) return use(new MattingKernel());

  const former = idle?.deref();
  idle = undefined;
  const kernel = former && former.size <= most ? former : new MattingKernel();
  kernel.clear();
  const result = use(kernel);
  if (kernel.size <= most) idle = new WeakRef(kernel);
  return result;
};
