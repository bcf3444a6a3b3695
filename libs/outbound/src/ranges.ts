import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** A network: its base address and the number of leading bits that count. */
export type Range = readonly [base: Address, bits: number];

/**
 * The address that a text spells, or undefined. `isIP` rejects spellings such as `0x7f.1` and `2130706433`, which
 * ipaddr.js would accept.
 */
export const toAddress = (text: string): Address | undefined => (isIP(text) ? ipaddr.parse(text) : undefined);

/** The network that `10.0.0.0/8`, `::1/128` or a bare address spells, or undefined. */
export const toRange = (text: string): Range | undefined => {
  const [base = '', bits, ...rest] = text.split('/');
  const address = toAddress(base);
  if (!address || base.includes('%') || rest.length > 0) return undefined;

  const width = address.kind() === 'ipv4' ? 32 : 128;
  if (bits === undefined) return [address, width];
  return /^\d{1,3}$/.test(bits) && Number(bits) <= width ? [address, Number(bits)] : undefined;
};

/** IPv4 never matches IPv6, so an allowed 127.0.0.1 does not allow ::ffff:127.0.0.1. */
export const isInside = (address: Address, ranges: readonly Range[]): boolean =>
  ranges.some(([base, bits]) => base.kind() === address.kind() && address.match(base, bits));
