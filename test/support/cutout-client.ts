import type { Item } from './client.js';

export type CutoutReply = {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  readonly data: Item[];
  readonly errors: Item[];
};
type Body = NonNullable<RequestInit['body']>;

export type CutoutClient = {
  readonly send: (body: Body, headers?: Record<string, string>, query?: string) => Promise<CutoutReply>;
  /** Fields in their order; bytes become a file. */
  readonly form: (
    fields: readonly (readonly [string, string | Uint8Array, name?: string])[],
    headers?: Record<string, string>,
    query?: string,
  ) => Promise<CutoutReply>;
};

const isJson = (headers: Headers) => headers.get('content-type')?.startsWith('application/json');

/** A client of `POST /v1/cutout`. */
export const createCutoutClient = (url: string, key: string): CutoutClient => {
  const send: CutoutClient['send'] = async (body, headers = {}, query = '') => {
    const authorization = `Bearer ${key}`;
    const response = await fetch(`${url}/v1/cutout${query}`, {
      method: 'POST',
      body,
      headers: { authorization, ...headers },
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    const answer = (isJson(response.headers) ? JSON.parse(bytes.toString()) : {}) as Partial<CutoutReply>;
    const { data = [], errors = [] } = answer;
    return { status: response.status, headers: response.headers, bytes, data, errors };
  };
  return {
    send,
    form: (fields, headers, query) => {
      const form = new FormData();
      for (const [name, value, fileName = 'photo.png'] of fields) {
        if (typeof value === 'string') form.append(name, value);
        else form.append(name, new Blob([new Uint8Array(value)]), fileName);
      }
      return send(form, headers, query);
    },
  };
};
