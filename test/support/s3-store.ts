import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from 's3rver';

type S3rverOptions = ConstructorParameters<typeof S3rver>[0];

export type S3Store = {
  readonly url: string;
  /** The environment of a service that uses this store. */
  readonly env: {
    readonly STORAGE: 's3';
    readonly S3_BUCKET: string;
    readonly S3_ENDPOINT: string;
    readonly S3_PREFIX: string;
    readonly S3_ACCESS_KEY_ID: string;
    readonly S3_SECRET_ACCESS_KEY: string;
  };
  /** Stops the store, and starts it again with its objects. */
  readonly pause: () => Promise<void>;
  readonly resume: () => Promise<void>;
  /** Answers all requests with 503 while it is busy. */
  readonly setBusy: (isBusy: boolean) => void;
  /** Refuses requests to the key of one object, as policies and encryption keys do. */
  readonly deny: (key: string | undefined) => void;
  readonly stop: () => Promise<void>;
};

/** The only access key that the store accepts. */
const KEY = 'S3RVER';

/** The part of S3rver's files that is changed here. */
type Files = {
  readonly getResourcePath: (bucket: string, key: string, kind: string) => string;
  deleteObject: (bucket: string, key: string) => Promise<void>;
  listObjects: (bucket: string, options: object) => Promise<object>;
};

const BUSY = '<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>';
const DENIED = '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>';

/** Refuses all requests while `isBusy`, as stores do that have too much to do, and those to a denied object. */
class BusyStore extends S3rver {
  isBusy = false;
  denied: string | undefined;

  constructor(options: S3rverOptions) {
    super(options);
    const { store: files } = this as unknown as { readonly store: Files };
    // S3rver removes a folder with its last object, and crashes when another request is about to write there.
    files.deleteObject = async (bucket, key) => {
      for (const kind of ['object', 'object.md5', 'metadata.json'])
        await rm(files.getResourcePath(bucket, key, kind), { force: true });
    };
    // S3rver makes the token of the next page by DES, which OpenSSL no longer has. Without one, callers ask by the last key.
    const list = files.listObjects.bind(files);
    files.listObjects = async (bucket, asked) => ({ ...(await list(bucket, asked)), isTruncated: false });
  }

  override callback(): ReturnType<S3rver['callback']> {
    const answer = super.callback();
    return (request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://store');
      const isDenied = this.denied !== undefined && decodeURIComponent(pathname).endsWith(`/${this.denied}`);
      if (!this.isBusy && !isDenied) return answer(request, response);
      request.resume();
      response.statusCode = isDenied ? 403 : 503;
      response.end(isDenied ? DENIED : BUSY);
    };
  }
}

/**
 * An S3 store with one bucket on a free port of 127.0.0.1. It checks the access key, but not the signature.
 */
export const startS3Store = async (port = 0): Promise<S3Store> => {
  const directory = await mkdtemp(join(tmpdir(), 'clearcut-s3-'));
  const S3_BUCKET = 'pictures';
  const configureBuckets = [{ name: S3_BUCKET, configs: [] }];
  const open = (at: number) =>
    new BusyStore({ port: at, address: '127.0.0.1', silent: true, directory, configureBuckets });
  let store = open(port);
  const address = await store.run();
  const url = `http://127.0.0.1:${address.port}`;
  return {
    url,
    env: {
      STORAGE: 's3',
      S3_BUCKET,
      S3_ENDPOINT: url,
      S3_PREFIX: 'clearcut/',
      S3_ACCESS_KEY_ID: KEY,
      S3_SECRET_ACCESS_KEY: KEY,
    },
    pause: () => store.close(),
    resume: async () => {
      store = open(address.port);
      await store.run();
    },
    setBusy: (isBusy) => {
      store.isBusy = isBusy;
    },
    deny: (key) => {
      store.denied = key;
    },
    stop: async () => {
      await store.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
};
