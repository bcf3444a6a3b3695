import type { IncomingMessage } from 'node:http';
import { expect, it } from '@jest/globals';
import { addressOf } from './index.js';

const request = (remoteAddress: string, forwarded?: string) =>
  ({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } }) as unknown as IncomingMessage;

it.each<[string, string | undefined, string[], string]>([
  ['198.51.100.7', undefined, [], '198.51.100.7'],
  ['198.51.100.7', '203.0.113.9', [], '198.51.100.7'],
  ['10.0.0.1', '203.0.113.9', ['10.0.0.0/8'], '203.0.113.9'],
  ['::ffff:10.0.0.1', '203.0.113.9', ['10.0.0.1'], '203.0.113.9'],
  ['10.0.0.1', '192.0.2.1, 203.0.113.9, 10.0.0.2', ['10.0.0.0/8'], '203.0.113.9'],
  ['10.0.0.1', 'unknown', ['10.0.0.0/8'], '10.0.0.1'],
  ['10.0.0.1', undefined, ['10.0.0.0/8'], '10.0.0.1'],
  ['2001:db8:1:2:3:4:5:6', undefined, [], '2001:db8:1:2'],
  ['2001:db8::1', undefined, [], '2001:db8:0:0'],
  ['fd00::1', '2001:db8:1:2::9', ['fd00::/8'], '2001:db8:1:2'],
])(
  'from %s with X-Forwarded-For %j, of which %j are trusted, is %s',
  (remote, forwarded, trusted, address) => {
    expect(addressOf(request(remote, forwarded), trusted)).toBe(address);
  },
);
