import type { ImageFault, Photo } from '#imaging';

/** File descriptors of a decoder process, beside stderr. */
export const CHANNEL = 3;
/** A file without a name, in which pixels are handed over. Missing when none could be opened. */
export const PIXEL_FILE = 4;

/** Arguments of a decoder process. */
export type Limits = {
  readonly cores: number;
  /** Of the whole process. */
  readonly memoryBytes: number;
  /** Of computing for one image. */
  readonly cpuMs: number;
  readonly hasPixelFile: boolean;
};

/** To a decoder. The body is the image. */
export type Request = { readonly maxPixels: number };

type PhotoFacts = Omit<Photo, 'data'>;

/** How an image ended. */
export type Answer =
  | {
      readonly type: 'photo';
      readonly photo: PhotoFacts;
      /** Where the pixels are. */
      readonly place: 'file' | 'body';
      readonly bytes: number;
      /** Why they are not in the file. */
      readonly fileFault?: string;
    }
  | {
      readonly type: 'refused';
      readonly kind: ImageFault;
      readonly subject: string;
      readonly what: string;
      readonly facts: { readonly max?: number };
    }
  | { readonly type: 'failed'; readonly reason: string };

/** From a decoder. */
export type Message =
  | Answer
  | { readonly type: 'ready' }
  /** So many bytes of the pixels are in the file. Others may follow. */
  | { readonly type: 'written'; readonly bytes: number; readonly of: number }
  /** After an image, when its memory is free again. */
  | { readonly type: 'memory'; readonly bytes: number }
  /** The image goes over a limit, and the decoder ends. */
  | { readonly type: 'limit'; readonly limit: 'memory' | 'time' };
