import type { Cutout as CutoutAnswer, Processing, Refine, RemoveBackground } from './wire.js';

/**
 * An image: the path of a file (Node only), an http(s) URL, a data URI, the UUID of an image that the server has, or
 * bytes in any form. A stream is read into memory, since a lost upload is sent again.
 */
export type ImageInput =
  string | URL | Blob | ArrayBuffer | Uint8Array | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

type TaskFields = Pick<
  RemoveBackground,
  | 'model'
  | 'outputType'
  | 'outputFormat'
  | 'outputQuality'
  | 'includeCost'
  | 'webhookURL'
  | 'uploadEndpoint'
  | 'ttl'
  | 'deadline'
  | 'priority'
  | 'settings'
  | 'compose'
>;

/** Better edges. Images are given in any form, and uploaded where they must be. */
export type RefineOptions = Omit<Refine, RefineImage> & {
  /** Strokes over the photo: white is kept, black is erased, grey is solved, transparent says nothing. */
  readonly hint?: ImageInput | undefined;
  /** A former result of the photo, mostly its `imageUUID`. Its mask is used, and the network does not run. */
  readonly base?: ImageInput | undefined;
};
/** The parameters of `refine` that hold an image. */
export type RefineImage = 'hint' | 'base';

type Compose = NonNullable<RemoveBackground['compose']>;
type Background = NonNullable<Compose['background']>;

/** A composition whose background may be any image. It is uploaded once for all tasks of the client. */
export type ComposeOptions = Omit<Compose, 'background'> & {
  readonly background?: (Omit<Background, 'image'> & { readonly image?: ImageInput }) | undefined;
};

/** What a task is doing. */
export type Progress = {
  readonly taskUUID: string;
  /** `sending` uploads the image; `accepted`: the server has the task. The others are the server's own. */
  readonly stage: 'sending' | 'accepted' | NonNullable<Processing['stage']>;
  /** Its place among the key's own tasks of this model. */
  readonly queuePosition?: number | undefined;
  /** Seconds until it is its turn. */
  readonly estimatedStartS?: number | undefined;
  /** It waits, since no worker serves its model just now. */
  readonly waitsForWorker?: true | undefined;
};

export type CallOptions = {
  /** Stops the call. The promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Milliseconds until the call rejects with a TimeoutError. The task goes on; `follow` takes it up. Default 600,000. */
  readonly timeoutMs?: number | undefined;
};

export type RemoveOptions = {
  readonly [K in Exclude<keyof TaskFields, 'compose'>]?: TaskFields[K] | undefined;
} & CallOptions & {
    readonly refine?: RefineOptions | undefined;
    /** Where the subject is placed, and what is around it. */
    readonly compose?: ComposeOptions | undefined;
    /** Names the task. Sent again with the same parameters, it is not done again. By default a new one. */
    readonly taskUUID?: string | undefined;
    /** Names the upload of the image. Sent again, it is not stored again. By default a new one. */
    readonly uploadUUID?: string | undefined;
    /** Cancels the task at the server when `signal` aborts. Default true; needs `extensions`. */
    readonly cancelOnAbort?: boolean | undefined;
  };

/** Milliseconds, as this client saw them. */
export type Timings = {
  /** Reading and uploading the image. */
  readonly sendMs: number;
  /** From the upload's end to the result's address. */
  readonly waitMs: number;
  readonly totalMs: number;
};

/** How calls learn that their task has ended. */
export type Wait =
  /** A WebSocket where there is one; else `poll` with `onProgress`, or `sync`. */
  | 'auto'
  /** One connection for all tasks, with progress. */
  | 'socket'
  /** The request is answered when the task has ended. No progress; a long task is polled after a minute. */
  | 'sync'
  /** Asks until the task has ended. */
  | 'poll';

export type ClientOptions = {
  /** Address of the server, such as `http://127.0.0.1:3000` or `https://api.runware.ai`. */
  readonly url: string;
  readonly apiKey?: string | undefined;
  readonly wait?: Wait | undefined;
  /**
   * Uses what Runware's API does not have: uploads without base64, progress, cancel. Default: true, except at
   * runware.ai. A server without them is noticed, and `onNotice` says so.
   */
  readonly extensions?: boolean | undefined;
  /** Tries after a lost connection, a 408, 503 or such. A 429 is waited for until the call's time is over. Default 6. */
  readonly maxRetries?: number | undefined;
  /** Hears what was done about passing trouble, in one sentence. */
  readonly onNotice?: ((message: string) => void) | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Address for WebSockets. By default that of `url`. */
  readonly socketUrl?: string | undefined;
  /** A constructor like that of browsers. Node has one since version 22. */
  readonly WebSocket?: SocketConstructor | undefined;
};

/** The part of a WebSocket that is used. */
export type SocketLike = {
  send: (text: string) => void;
  close: (code?: number) => void;
  addEventListener: (type: string, listener: (event: { readonly data?: unknown }) => void) => void;
};
export type SocketConstructor = new (url: string) => SocketLike;

/** The end of a task, as the server answered it. */
export type Ended = Omit<CutoutAnswer, 'inputImageUUID' | 'status'> & {
  readonly inputImageUUID?: string | undefined;
};

/** A task on its way. */
export type Call = {
  readonly signal: AbortSignal;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
};

/** The task as it is sent, without what says how its answer comes. */
export type Task = Pick<TaskFields, 'model'> & {
  readonly taskType: 'removeBackground';
  readonly taskUUID: string;
  readonly inputImage: string;
  readonly refine?: Refine;
} & Omit<TaskFields, 'model'>;

/** What only some machines can do. */
export type Platform = {
  /** Opens a file without reading it. The stamp changes when the file does. */
  readonly openPath?: (path: string) => Promise<{ readonly blob: Blob; readonly stamp: string }>;
  /** Writes a file whole or not at all. */
  readonly writeFile?: (path: string, body: ReadableStream<Uint8Array>) => Promise<void>;
};
