import { base64 } from './generated/matting.js';

/** What we use of WebAssembly; TypeScript declares it among the browser's types only. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
};

/** An address in the kernel's memory, in bytes. */
export type Address = number;

/** The functions of assembly/matting.ts, which says what they do. */
type Functions = {
  freeFrom: () => Address;
  configure: (planes: Address, planeBytes: number, runs: Address, count: number) => void;
  assemble: (
    ...all: [
      centres: Address,
      count: number,
      colours: Address,
      kinds: Address,
      diagonal: Address,
      known: Address,
    ]
  ) => void;
  normalise: (scale: Address, known: Address) => void;
  apply: (x: Address, y: Address) => number;
  forward: (r: Address, x: Address) => void;
  upper: (x: Address, y: Address) => void;
  backward: (r: Address, x: Address) => void;
  advance: (
    ...all: [alpha: number, p: Address, q: Address, x: Address, r: Address, scale: Address, samples: number]
  ) => number;
  combine: (z: Address, beta: number, p: Address, samples: number) => void;
  dot: (x: Address, y: Address, samples: number) => number;
  fitModes: (
    ...all: [
      squares: number,
      starts: Address,
      members: Address,
      colours: Address,
      diagonal: Address,
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

type Memory = { readonly buffer: ArrayBuffer; readonly grow: (pages: number) => number };
type Exports = Functions & { readonly memory: Memory };

const pageBytes = 65_536;

let compiled: object | undefined;

const instantiate = (): Exports => {
  compiled ??= new WebAssembly.Module(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
  return new WebAssembly.Instance(compiled).exports as Exports;
};

/**
 * The kernel with a memory of its own, laid out from its beginning to its end and never freed in between: what one
 * piece of work takes is given back when nobody holds its workshop any more. All memory is zero at first.
 */
export class Workshop {
  readonly run: Functions;
  readonly #memory: Memory;
  #end: number;

  constructor() {
    const { memory, ...functions } = instantiate();
    this.run = functions;
    this.#memory = memory;
    this.#end = functions.freeFrom();
  }

  /** Bytes taken until now. */
  get size(): number {
    return this.#end;
  }

  /** Takes zeroed memory at a multiple of 16 bytes. Views made before no longer hold. Throws RangeError if none is left. */
  take(bytes: number): Address {
    const start = Math.ceil(this.#end / 16) * 16;
    this.#end = start + bytes;
    const missing = this.#end - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / pageBytes));
    return start;
  }

  place(values: Int32Array | Float32Array): Address {
    const start = this.take(values.byteLength);
    new Uint8Array(this.#memory.buffer).set(
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
      start,
    );
    return start;
  }

  bytes(start: Address, length: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, start, length);
  }

  floats(start: Address, length: number): Float32Array {
    return new Float32Array(this.#memory.buffer, start, length);
  }

  ints(start: Address, length: number): Int32Array {
    return new Int32Array(this.#memory.buffer, start, length);
  }
}
