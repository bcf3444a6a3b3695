import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

type CurlReply = {
  readonly status: number;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
};

/** The last head and the body of curl's output with `-i`. */
const parse = (output: Buffer): CurlReply => {
  const end = output.indexOf('\r\n\r\n');
  const [first = '', ...lines] = output.toString('latin1', 0, end).split('\r\n');
  const status = Number(/^HTTP\/\S+ (\d+)/.exec(first)?.[1]);
  const body = output.subarray(end + 4);
  // The answer to `Expect: 100-continue`.
  if (status === 100) return parse(body);
  const headers = lines.map((line) => {
    const [name = '', ...value] = line.split(': ');
    return [name.toLowerCase(), value.join(': ')];
  });
  return { status, headers: Object.fromEntries(headers) as Record<string, string>, body };
};

/** Runs curl as its users do. */
export const curl = async (...args: string[]): Promise<CurlReply> => {
  const options = { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 } as const;
  const { stdout } = await execute('curl', ['-sS', '-i', '--noproxy', '*', ...args], options);
  return parse(stdout);
};
