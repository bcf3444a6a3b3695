import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv6 } from 'node:net';

/** Without the form in which IPv4 arrives at an IPv6 port. */
const normalise = (address: string): string => address.trim().replace(/^::ffff:(?=[\d.]+$)/i, '');

const familyOf = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4');

const listOf = (entries: readonly string[]): BlockList => {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', prefix] = entry.split('/');
    if (prefix === undefined) list.addAddress(address, familyOf(address));
    else list.addSubnet(address, Number(prefix), familyOf(address));
  }
  return list;
};

const lists = new WeakMap<readonly string[], BlockList>();
const trustedBy = (entries: readonly string[]): BlockList => {
  const list = lists.get(entries) ?? listOf(entries);
  lists.set(entries, list);
  return list;
};

/** One subscriber has all addresses of a /64. */
const networkOf = (address: string): string => {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('::');
  const first = head.split(':').filter(Boolean);
  const last = (tail ?? '').split(':').filter(Boolean);
  const zeros =
    tail === undefined ? [] : Array<string>(Math.max(0, 8 - first.length - last.length)).fill('0');
  return [...first, ...zeros, ...last].slice(0, 4).join(':');
};

/**
 * The address of a caller, as a name to count by. X-Forwarded-For is believed as far as trusted proxies wrote it, so
 * it is read from its end.
 */
export const addressOf = ({ socket, headers }: IncomingMessage, trusted: readonly string[]): string => {
  const own = normalise(socket.remoteAddress ?? '');
  if (headers['x-forwarded-for'] === undefined) return networkOf(own);
  const list = trustedBy(trusted);
  const isTrusted = (address: string) => isIP(address) > 0 && list.check(address, familyOf(address));
  let address = own;
  const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',').map(normalise);
  while (isTrusted(address)) {
    const before = forwarded.pop();
    if (before === undefined || isIP(before) === 0) break;
    address = before;
  }
  return networkOf(address);
};
