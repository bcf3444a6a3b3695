/** The part of WebAssembly that we use; TypeScript declares it among the browser's types only. */
declare const WebAssembly:
  | undefined
  | {
      readonly validate: (bytes: Uint8Array) => boolean;
      readonly Module: new (bytes: Uint8Array) => object;
      readonly Instance: new (module: object) => { readonly exports: object };
    };

type Memory = { readonly buffer: ArrayBuffer; readonly grow: (pages: number) => number };

/** The functions of a module and the memory that they work in. */
export type Kernel<Functions> = Functions & { readonly memory: Memory };

const pageBytes = 65_536;

const needed =
  'Clearcut needs WebAssembly with SIMD: an x86-64 processor with SSE4.1 or an ARM64 processor, ' +
  'and Node without --jitless';

/**
 * Prepares a module, which is compiled at its first use. Every call makes an instance with a zeroed memory of its own.
 *
 * @param base64 the module's bytes
 * @throws Error from the call, when this machine has no WebAssembly or no SIMD
 */
export const moduleOf = <Functions>(base64: string): (() => Kernel<Functions>) => {
  let compiled: object | undefined;
  return () => {
    if (typeof WebAssembly === 'undefined') throw new Error(needed);
    if (!compiled) {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      if (!WebAssembly.validate(bytes)) throw new Error(needed);
      compiled = new WebAssembly.Module(bytes);
    }
    return new WebAssembly.Instance(compiled).exports as Kernel<Functions>;
  };
};

/** As `moduleOf`, but every call returns the same instance, one per thread. */
export const kernelOf = <Functions>(base64: string): (() => Kernel<Functions>) => {
  const open = moduleOf<Functions>(base64);
  let kernel: Kernel<Functions> | undefined;
  return () => (kernel ??= open());
};

/** The memory, grown to at least `bytes` with its contents kept. Throws RangeError when there is not that much. */
export const reserve = (memory: Memory, bytes: number): Uint8Array => {
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
  return new Uint8Array(memory.buffer);
};
