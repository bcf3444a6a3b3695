/** What we use of WebAssembly; TypeScript declares it among the browser's types only. */
declare const WebAssembly:
  | undefined
  | {
      readonly validate: (bytes: Uint8Array) => boolean;
      readonly Module: new (bytes: Uint8Array) => object;
      readonly Instance: new (module: object) => { readonly exports: object };
    };

type Memory = { readonly buffer: ArrayBuffer; readonly grow: (pages: number) => number };

/** The functions of a module and the memory they work in, which each thread has of its own. */
export type Kernel<Functions> = Functions & { readonly memory: Memory };

const pageBytes = 65_536;

/** The module as an instance; undefined where WebAssembly or its SIMD is missing. */
export const openKernel = <Functions>(base64: string): Kernel<Functions> | undefined => {
  if (typeof WebAssembly === 'undefined') return undefined;

  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  if (!WebAssembly.validate(bytes)) return undefined;
  return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Kernel<Functions>;
};

/** The kernel's memory, grown to `bytes` at least. What it held is still there. */
export const reserve = ({ memory }: Kernel<object>, bytes: number): Uint8Array => {
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
  return new Uint8Array(memory.buffer);
};
