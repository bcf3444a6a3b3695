/** What the figures of the page rest on besides what was measured. */
export type Assumptions = {
  /** How full a core, a GPU or a server is planned to be. */
  readonly fullness: number;
  /** How long a gateway takes to accept a task on a fleet: the row, and an image that came with it. */
  readonly acceptMs: number;
  /** How long a receiver of webhooks takes to answer. */
  readonly receiverMs: number;
  /** The largest machine that one Postgres is to be. */
  readonly postgres: { readonly cores: number; readonly memoryBytes: number };
};

export const assumptions: Assumptions = {
  fullness: 0.7,
  acceptMs: 20,
  receiverMs: 100,
  postgres: { cores: 32, memoryBytes: 100e9 },
};

/** Images a second. */
export const targets = [1, 10, 100, 1_000, 10_000] as const;

/** Milliseconds of a GPU for an image: anybody finds theirs near one of these. */
export const gpuMilliseconds = [10, 30, 100, 300] as const;

/** What others published, in words of the catalogue's rows; none of it was measured by us. */
export type Published = {
  readonly what: string;
  readonly ms: number;
  /** The row that says so, and the words it says it in. */
  readonly air: string;
  readonly words: string;
};

export const published: readonly Published[] = [
  {
    what: 'BiRefNet, large, torch in half precision, A100',
    ms: 69.4,
    air: 'runware:112@5',
    words: '69.4 ms in half precision',
  },
  {
    what: 'BiRefNet, large, torch, A100',
    ms: 86.8,
    air: 'runware:112@5',
    words: 'torch on an A100: 86.8 ms',
  },
  { what: 'BiRefNet, small, released ONNX, A100', ms: 93.8, air: 'clearcut:2@1', words: 'about 93.8 ms' },
  {
    what: 'BiRefNet with native DeformConv, CUDA provider, GPU not named',
    ms: 128,
    air: 'clearcut:4@1',
    words: '128 ms with the CUDA provider',
  },
  { what: 'BiRefNet, large, released ONNX, A100', ms: 165, air: 'runware:112@5', words: 'about 165 ms' },
];

/** Facts of the code that bound a process; the page names them, and whoever changes one changes it here. */
export const bounds = {
  /** Tasks that a gateway accepts at once. */
  acceptsAtOnce: 6,
  /** Webhooks that a dispatcher has in hand, and how many of them for one receiver. */
  deliveriesAtOnce: 16,
  deliveriesPerHost: 4,
  /** Connections to Postgres: of a pool, and one that listens. */
  pool: 10,
  listening: 1,
  /** Threads on which a worker decodes and encodes: UV_THREADPOOL_SIZE of its images. */
  codecThreads: 16,
  /** The most that WORKER_CONCURRENCY may be. */
  inHand: 64,
  /** Index pages that a task touches at random places: its UUID, and those of its two images. */
  randomPages: 3,
  pageBytes: 8192,
} as const;
