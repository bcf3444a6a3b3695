import { behindNat64 } from './nat64.js';
import { isInside, toAddress, toRange, type Address, type Range } from './ranges.js';

const rangesOf = (texts: readonly string[]): readonly Range[] =>
  texts.map((text) => {
    const range = toRange(text);
    if (!range) throw new Error(`${text} is not a network.`);
    return range;
  });

/** Source: the IANA registries of special-purpose addresses. */
const closed = rangesOf([
  '0.0.0.0/8', // this network; Linux delivers 0.0.0.0 to loopback
  '10.0.0.0/8',
  '100.64.0.0/10', // carrier-grade NAT; some clouds serve their metadata here
  '127.0.0.0/8',
  '161.26.0.0/16', // services inside IBM Cloud
  '166.8.0.0/14', // endpoints inside IBM Cloud
  '168.63.129.16/32', // looks public, but is the host agent of every Azure machine
  '169.254.0.0/16', // link-local, where most clouds serve their metadata
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16',
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '199.36.153.4/30', // restricted.googleapis.com, inside Google Cloud
  '199.36.153.8/30', // private.googleapis.com
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and broadcast

  '2001::/23', // protocol assignments: Teredo, which embeds an IPv4 address, ORCHID, benchmarks
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4, which embeds an IPv4 address
  '2600:2d00:2:1000::/64', // private.googleapis.com
  '2600:2d00:2:2000::/64', // restricted.googleapis.com
  '3fff::/20', // documentation
]);

/**
 * All publicly routed IPv6 addresses. Networks outside of it need no row above: ::, ::1, IPv4-mapped and
 * IPv4-compatible addresses, NAT64 (64:ff9b::/96 and 64:ff9b:1::/48), fc00::/7, fe80::/10, fec0::/10, ff00::/8.
 */
const globalUnicast = rangesOf(['0.0.0.0/0', '2000::/3']);

/** ISATAP tunnels to the IPv4 address in the last four bytes, in any network. Source: RFC 5214, section 6.1. */
const isIsatap = (address: Address): boolean => {
  const [, , , , , , , , first = -1, second, third, fourth] = address.toByteArray();
  return (first & ~0x03) === 0 && second === 0 && third === 0x5e && fourth === 0xfe;
};

/**
 * Whether a text is an address of the public internet.
 *
 * @param nat64 prefixes of translators; an address in them counts as the IPv4 address that it holds
 */
export const isPublicAddress = (text: string, nat64: readonly Range[] = []): boolean => {
  const address = toAddress(behindNat64(text, nat64));
  return (
    address !== undefined &&
    isInside(address, globalUnicast) &&
    !isInside(address, closed) &&
    !isIsatap(address)
  );
};
