import { isIP } from 'node:net';
import { isInside, toAddress, toRange, type Range } from './ranges.js';

/** What may be reached although it is not public. */
export type Allow = { readonly hosts: ReadonlySet<string>; readonly ranges: readonly Range[] };

const label = /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$/;

/**
 * A host as names are compared: without the brackets of IPv6 and without the dot that ends an absolute name,
 * so that `localhost.` and `localhost` are one. Takes what the URL parser has brought to lower case already.
 */
export const normaliseHost = (hostname: string): string =>
  hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');

/** The name that an entry spells, or undefined: no port, no scheme, no wildcard, no number that is an address. */
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
