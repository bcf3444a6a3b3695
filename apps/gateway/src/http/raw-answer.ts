import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { problems, TaskError } from '#contract';
import { secureHeaders } from '#nest';
import { problemBody } from './problem-body.js';

/** Answers on a bare connection, and closes it. */
export const answerRaw = (socket: Duplex, problem: TaskError, publicUrl: string): void => {
  const { status } = problems[problem.code];
  const body = JSON.stringify(problemBody(problem, publicUrl));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries(secureHeaders).map(([name, value]) => `${name}: ${value}`),
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
};

/** Node's codes of faults in a request that end its connection. */
const faults: Readonly<Record<string, TaskError>> = {
  HPE_HEADER_OVERFLOW: new TaskError('maxHeaderSizeExceeded', 'The headers have more than 16 kB.'),
  ERR_HTTP_REQUEST_TIMEOUT: new TaskError('requestTimeout', 'The head of the request came too slowly.'),
};
export const noHttp = new TaskError(
  'invalidRequest',
  'The request is not HTTP/1.1 as this service reads it.',
);

/** Answers a request that Node cannot parse. */
export const answerMalformedRequest =
  (publicUrl: string) =>
  (error: Error & { code?: string }, socket: Duplex): void => {
    if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy(error);
    else answerRaw(socket, faults[error.code ?? ''] ?? noHttp, publicUrl);
  };

const noExpectation = new TaskError(
  'unsupportedExpectation',
  "The header 'Expect' may ask for 100-continue only; leave it out.",
);

/** Answers a request whose Expect header cannot be met. Node asks here, and would answer without a body. */
export const refuseExpectation =
  (publicUrl: string) =>
  (_: IncomingMessage, response: ServerResponse): void => {
    const body = JSON.stringify(problemBody(noExpectation, publicUrl));
    response.writeHead(problems[noExpectation.code].status, {
      ...secureHeaders,
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      connection: 'close',
    });
    response.end(body);
  };
