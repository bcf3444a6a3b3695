import { isIP } from 'node:net';
import { isInside, toAddress, toRange, type Range } from './ranges.js';

/** Hosts and networks that may be reached although they are not public. */
export type Allow = { readonly hosts: ReadonlySet<string>; readonly ranges: readonly Range[] };

const label = /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$/;

/**
 * Removes the brackets of IPv6 and the dot of an absolute name, so that `localhost.` equals `localhost`. The URL
 * parser has already lowered the case.
 */
export const normaliseHost = (hostname: string): string =>
  hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');

/** The host name of an entry, or undefined. Ports, schemes, wildcards and addresses are no host names. */
const toHostName = (entry: string): string | undefined => {
  if (/[:/\\?#@[\]%\s]/.test(entry) || !URL.canParse(`http://${entry}`)) return undefined;
  const host = normaliseHost(new URL(`http://${entry}`).hostname);
  return !isIP(host) && host.split('.').every((part) => label.test(part)) ? host : undefined;
};

/** Whether a text is a host name, an address or a network in CIDR notation. */
export const isAllowEntry = (text: string): boolean =>
  toRange(text) !== undefined || toHostName(text) !== undefined;

/** @throws Error that names the first malformed entry */
export const parseAllow = (entries: readonly string[]): Allow => {
  const hosts = new Set<string>();
  const ranges: Range[] = [];

  for (const entry of entries) {
    const range = toRange(entry);
    const host = toHostName(entry);
    if (range) ranges.push(range);
    else if (host) hosts.add(host);
    else throw new Error(`${JSON.stringify(entry)} is not a host, an address or a network.`);
  }
  return { hosts, ranges };
};

export const allowsAddress = (allow: Allow, text: string): boolean => {
  const address = toAddress(text);
  return address !== undefined && isInside(address, allow.ranges);
};
