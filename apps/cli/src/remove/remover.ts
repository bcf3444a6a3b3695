import type { Warning } from '#contract';
import type { InputImage } from './inputs.js';
import type { Parameters } from './flags.js';

/** A result that can be written. */
export type Picture = {
  /** Writes it to a file, whole or not at all. */
  readonly save: (path: string) => Promise<unknown>;
  readonly blob: () => Promise<Blob>;
};

/** Writes a result where it belongs. */
export type Sink = (image: InputImage, picture: Picture) => Promise<void>;

/** How one image ended. */
export type ImageEnd = { readonly image: InputImage } & (
  | {
      readonly status: 'done';
      readonly warnings: readonly Warning[];
      readonly cost?: number | undefined;
      readonly taskUUID?: string | undefined;
      /** Of the server's result. */
      readonly imageUUID?: string | undefined;
      readonly ms: number;
    }
  | { readonly status: 'failed'; readonly error: Error }
);

export type Order = {
  readonly images: readonly InputImage[];
  readonly parameters: Parameters;
  readonly concurrency: number | undefined;
  readonly write: Sink;
  readonly signal: AbortSignal;
};

/** Cuts out images, by a server or in this process. */
export type Remover = {
  /** @throws the signal's reason, and a fault that every image would meet */
  readonly remove: (order: Order) => AsyncIterable<ImageEnd>;
  readonly close: () => Promise<void>;
};
