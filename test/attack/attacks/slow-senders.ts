import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:net';
import { startUpload, type Upload } from '#test/upload';
import type { Attack, Target } from '../attack.js';

const TIMEOUT_S = 5;

/** Sends a byte each second until the connection ends. @returns how long that takes */
const drip = async (upload: Pick<Upload, 'write' | 'closed'>): Promise<number> => {
  const since = performance.now();
  const ended = new AbortController();
  void upload.closed.then(() => ended.abort());
  while (!ended.signal.aborted) {
    await upload.write(' ');
    await Promise.race([upload.closed, sleep(1_000)]);
  }
  return performance.now() - since;
};

const openHead = ({ gateway }: Target): Pick<Upload, 'write' | 'closed'> => {
  const socket = connect({ port: Number(new URL(gateway.url).port), host: '127.0.0.1' });
  socket.on('error', () => undefined).resume();
  socket.write('POST /v1 HTTP/1.1\r\nhost: localhost\r\nx-slow: ');
  return {
    write: async (text) => socket.write(text),
    closed: new Promise((resolve) => socket.once('close', () => resolve())),
  };
};

/** Node looks for slow heads once a second, and an answer lingers for two. */
const max = TIMEOUT_S * 1000 + 4_000;

export const drippingBodies: Attack = {
  about: 'bodies and heads of one byte a second, REQUEST_TIMEOUT_S 5',
  before: '45 of 45 bodies open after 330 s',
  env: { REQUEST_TIMEOUT_S: `${TIMEOUT_S}` },
  run: async (target) => {
    const headers = { 'content-type': 'application/json', 'content-length': 100_000 };
    const key = { authorization: `Bearer ${target.fleet.key}` };
    const stranger = await startUpload(target.gateway.url, headers);
    const known = await startUpload(target.gateway.url, { ...headers, ...key });
    const [body, keyed, head] = await Promise.all([drip(stranger), drip(known), drip(openHead(target))]);
    const statuses = [(await stranger.answer).status, (await known.answer).status];
    return [
      { what: 'open body without a key', value: body, unit: 'ms', max },
      { what: 'open body with a key', value: keyed, unit: 'ms', max },
      { what: 'open head', value: head, unit: 'ms', max },
      {
        what: 'answers other than 408',
        value: statuses.filter((status) => status !== 408).length,
        unit: 'count',
        max: 0,
      },
    ];
  },
};
