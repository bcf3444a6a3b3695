import { randomUUID } from 'node:crypto';

/** An item of `data` or `errors` in an answer, as a client sees it. */
export type Item = Record<string, unknown> & {
  readonly taskUUID?: string;
  readonly imageURL?: string;
  readonly code?: string;
};
export type Reply = {
  readonly status: number;
  readonly data: Item[];
  readonly errors: Item[];
  readonly body: unknown;
  readonly ms: number;
};

/** A plain HTTP client of the task API. */
export type Client = {
  readonly post: (tasks: unknown, headers?: Record<string, string>) => Promise<Reply>;
  readonly postRaw: (body: string, headers?: Record<string, string>) => Promise<Reply>;
};

const isAnswer = (body: unknown): body is { data?: Item[]; errors?: Item[] } =>
  typeof body === 'object' && body !== null;

export const createClient = (url: string, key: string): Client => {
  const postRaw: Client['postRaw'] = async (body, headers = { authorization: `Bearer ${key}` }) => {
    const start = performance.now();
    const response = await fetch(`${url}/v1`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
    const answer: unknown = await response.json();
    const { data = [], errors = [] } = isAnswer(answer) ? answer : {};
    return { status: response.status, data, errors, body: answer, ms: performance.now() - start };
  };
  return { postRaw, post: (tasks, headers) => postRaw(JSON.stringify(tasks), headers) };
};

/** A removal with only the required parameters. */
export const removal = (inputImage: string, more: Record<string, unknown> = {}) => ({
  taskType: 'removeBackground',
  taskUUID: randomUUID(),
  model: 'runware:109@1',
  inputImage,
  ...more,
});
