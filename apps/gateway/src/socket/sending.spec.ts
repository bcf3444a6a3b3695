import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { WebSocket, WebSocketServer } from 'ws';
import { createPausing, createSender } from './sending.js';

const MB = 1024 * 1024;

let server: WebSocketServer;
beforeAll(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

/** A client that does not read, and the server's end of its connection. */
const dial = async () => {
  const accepted = once(server, 'connection') as Promise<[WebSocket]>;
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  client.on('error', () => undefined);
  await once(client, 'open');
  client.pause();
  const [socket] = await accepted;
  return { client, socket, sender: createSender(socket, createPausing(socket), { maxTotalBytes: 60 * MB }) };
};

it('cuts off the client with the most waiting when too much waits for all', async () => {
  const [greedy, modest] = [await dial(), await dial()];
  modest.sender.send('a'.repeat(10 * MB));
  for (let i = 0; i < 3; i++) greedy.sender.send('a'.repeat(20 * MB));
  expect(greedy.socket.readyState).not.toBe(WebSocket.OPEN);
  expect(modest.socket.readyState).toBe(WebSocket.OPEN);
  for (const { client, socket } of [greedy, modest]) {
    client.terminate();
    socket.terminate();
  }
});
