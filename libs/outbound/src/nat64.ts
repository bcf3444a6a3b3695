import ipaddr from 'ipaddr.js';
import { isInside, toAddress, toRange, type Range } from './ranges.js';

/** Where the bytes of an IPv4 address stand behind a prefix of so many bits. Source: RFC 6052, section 2.2. */
const places: Readonly<Record<number, readonly number[]>> = {
  32: [4, 5, 6, 7],
  40: [5, 6, 7, 9],
  48: [6, 7, 9, 10],
  56: [7, 9, 10, 11],
  64: [9, 10, 11, 12],
  96: [12, 13, 14, 15],
};

/** Whether a text is the prefix of a translator from IPv6 to IPv4. */
export const isNat64Prefix = (text: string): boolean => {
  const range = toRange(text);
  return range !== undefined && range[0].kind() === 'ipv6' && places[range[1]] !== undefined;
};

/** @throws Error that names the first malformed prefix */
export const parseNat64 = (texts: readonly string[]): readonly Range[] =>
  texts.map((text) => {
    const range = toRange(text);
    if (range && isNat64Prefix(text)) return range;
    throw new Error(`${JSON.stringify(text)} is not the prefix of a NAT64.`);
  });

/** The IPv4 address to which a translator with one of the prefixes leads; other addresses as they are. */
export const behindNat64 = (text: string, prefixes: readonly Range[]): string => {
  const address = toAddress(text);
  const prefix = address && prefixes.find((each) => isInside(address, [each]));
  if (!address || !prefix) return text;
  const bytes = address.toByteArray();
  return new ipaddr.IPv4((places[prefix[1]] ?? []).map((at) => bytes[at] ?? 0)).toString();
};
