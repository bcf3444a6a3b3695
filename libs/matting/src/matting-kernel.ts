import { base64 } from './generated/matting.js';
import { type Kernel, moduleOf, reserve } from './kernel.js';

/** An address in the kernel's memory, in bytes. */
export type Address = number;

/** The functions of assembly/matting.ts, which documents them. */
type Functions = {
  freeFrom: () => Address;
  configure: (planes: Address, planeBytes: number, runs: Address, count: number) => void;
  assemble: (centres: Address, count: number, colours: Address, diagonal: Address) => void;
  amend: (samples: Address, lacks: Address, count: number) => void;
  normalise: (scale: Address, known: Address) => void;
  split: (samples: number, spare: Address) => void;
  apply: (x: Address, y: Address) => number;
  applyWide: (x: Address, y: Address) => void;
  forward: (r: Address, x: Address) => void;
  upper: (x: Address, y: Address) => void;
  backward: (r: Address, x: Address) => void;
  advance: (
    ...all: [alpha: number, p: Address, q: Address, x: Address, r: Address, narrow: Address, samples: number]
  ) => number;
  combine: (z: Address, beta: number, p: Address, samples: number) => void;
  largest: (z: Address, scale: Address, samples: number) => number;
  dot: (x: Address, y: Address, samples: number) => number;
  fitModes: (
    ...all: [
      squares: number,
      starts: Address,
      members: Address,
      colours: Address,
      scales: Address,
      modes: Address,
      packed: Address,
    ]
  ) => void;
  project: (
    ...all: [
      modes: Address,
      squareOf: Address,
      size: number,
      around: Address,
      places: Address,
      blocks: Address,
    ]
  ) => void;
  restrict: (
    ...all: [squares: number, starts: Address, members: Address, packed: Address, r: Address, coarse: Address]
  ) => void;
  prolong: (
    ...all: [squares: number, starts: Address, members: Address, packed: Address, coarse: Address, x: Address]
  ) => void;
  factorise: (from: number, to: number, starts: Address, rows: Address, blocks: Address) => void;
  solve: (columns: number, starts: Address, rows: Address, blocks: Address, v: Address) => void;
  relax: (
    ...all: [
      pixels: number,
      sweeps: number,
      around: Address,
      alphas: Address,
      photo: Address,
      fore: Address,
      back: Address,
    ]
  ) => void;
};

const openKernel = moduleOf<Functions>(base64);

/**
 * An instance of the kernel, whose memory is handed out from its start to its end and never taken back. The garbage
 * collector frees all of it with the instance. All memory is zero at first.
 */
export class MattingKernel {
  readonly run: Functions;
  readonly #memory: Kernel<Functions>['memory'];
  #end: number;

  constructor() {
    const { memory, ...functions } = openKernel();
    this.run = functions;
    this.#memory = memory;
    this.#end = functions.freeFrom();
  }

  /** Bytes handed out until now. */
  get size(): number {
    return this.#end;
  }

  /**
   * Hands out zeroed memory at a multiple of 16 bytes. Earlier views become invalid.
   *
   * @throws RangeError when there is not that much
   */
  allocate(bytes: number): Address {
    const start = Math.ceil(this.#end / 16) * 16;
    this.#end = start + bytes;
    reserve(this.#memory, this.#end);
    return start;
  }

  /** Makes room at once, since growing in steps costs time. */
  reserve(bytes: number): void {
    reserve(this.#memory, this.#end + bytes);
  }

  /** Copies the values into memory of their own. */
  copyIn(values: Int32Array | Float32Array | Float64Array): Address {
    const start = this.allocate(values.byteLength);
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
