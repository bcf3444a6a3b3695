import { InputError } from './errors.js';
import type { Http } from './http.js';
import { alphaOfPng, type Alpha } from './png-alpha.js';
import { tryAgain, type Again } from './retry.js';
import type { Ended, Platform, Timings } from './types.js';
import type { Composition, Warning } from './wire.js';

type Needs = { readonly http: Http; readonly platform: Platform; readonly again: Omit<Again, 'signal'> };

const never = new AbortController().signal;

const noImage = () => new InputError('invalidInput', 'The result carries no image.');

/** The image in an answer as a response, so that it is read like a download. */
const inlineImage = ({ imageDataURI, imageBase64Data }: Ended): Response => {
  const [, type, inUri] = /^data:([^;,]*)[^,]*,(.*)$/s.exec(imageDataURI ?? '') ?? [];
  const base64 = inUri ?? imageBase64Data;
  if (!base64) throw noImage();
  const data = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return new Response(data, type ? { headers: { 'content-type': type } } : undefined);
};

/** A finished removal. Its image is fetched when it is asked for, and not kept. */
export class Cutout {
  readonly taskUUID: string;
  readonly imageUUID: string;
  readonly inputImageUUID: string | undefined;
  /** Undefined with another `outputType` than URL. */
  readonly imageURL: string | undefined;
  /** USD. */
  readonly cost: number | undefined;
  /** The canvas of `compose`, and the subject's box on it and in the photo. */
  readonly composition: Composition | undefined;
  /** What could not be done as asked, or looks wrong. */
  readonly warnings: readonly Warning[];
  readonly #needs: Needs;

  constructor(
    needs: Needs,
    /** As the server answered. */
    readonly answer: Ended,
    readonly timings: Timings,
  ) {
    this.#needs = needs;
    const { taskUUID, imageUUID, inputImageUUID, imageURL, cost, composition, warnings = [] } = answer;
    this.taskUUID = taskUUID;
    this.imageUUID = imageUUID;
    this.inputImageUUID = inputImageUUID;
    this.imageURL = imageURL;
    this.cost = cost;
    this.composition = composition;
    this.warnings = warnings;
  }

  /** The bytes as they come. A lost connection is an error of the stream. */
  async stream(signal: AbortSignal = never): Promise<ReadableStream<Uint8Array>> {
    return this.#read(async ({ body }) => {
      if (!body) throw noImage();
      return body;
    }, signal);
  }

  /** The image with its media type. */
  async blob(signal: AbortSignal = never): Promise<Blob> {
    return this.#read((response) => response.blob(), signal);
  }

  async bytes(signal: AbortSignal = never): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await (await this.blob(signal)).arrayBuffer());
  }

  /**
   * The alpha channel of a PNG result, or the values of a mask.
   *
   * @throws InputError for JPG and WEBP
   */
  async alpha(signal: AbortSignal = never): Promise<Alpha> {
    return alphaOfPng(await this.bytes(signal));
  }

  /**
   * Writes the image to a file, whole or not at all. Node only.
   *
   * @throws InputError in browsers, and the faults of the file system
   */
  async save(path: string, signal: AbortSignal = never): Promise<void> {
    const { writeFile } = this.#needs.platform;
    if (!writeFile) throw new InputError('noFiles', 'A browser saves no files by their path: use blob().');
    await this.#read(async ({ body }) => {
      if (!body) throw noImage();
      await writeFile(path, body);
    }, signal);
  }

  /** A result without an address has its bytes in the answer. */
  #read<T>(read: (response: Response) => Promise<T>, signal: AbortSignal): Promise<T> {
    const { http, again } = this.#needs;
    const { imageURL } = this.answer;
    if (imageURL === undefined) return read(inlineImage(this.answer));
    return tryAgain(() => http.download(imageURL, read, signal), { ...again, signal });
  }
}
