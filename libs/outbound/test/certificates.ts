import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

/** One element of DER: its tag, the length of its content, the content. */
const der = (tag: number, ...parts: readonly (Buffer | string)[]): Buffer => {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  const length = content.length;
  const head = length < 0x80 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
};

const sequence = (...parts: readonly Buffer[]) => der(0x30, ...parts);
const objectId = (hex: string) => der(0x06, Buffer.from(hex, 'hex'));
const nameOf = (text: string) => sequence(der(0x31, sequence(objectId('550403'), der(0x0c, text))));
/** GeneralizedTime in UTC, without fractions. */
const time = (date: Date) => der(0x18, `${date.toISOString().slice(0, 19).replaceAll(/[-T:]/g, '')}Z`);
const extension = (oid: string, value: Buffer) => sequence(objectId(oid), der(0x04, value));

const ecdsaWithSha256 = sequence(objectId('2a8648ce3d040302'));
const isAuthority = extension('551d13', sequence(der(0x01, Buffer.from([0xff]))));
const forHosts = (hosts: readonly string[]) =>
  extension('551d11', sequence(...hosts.map((host) => der(0x82, host))));

const YEAR_MS = 365 * 24 * 3_600_000;
const inYears = (years: number) => new Date(Date.now() + years * YEAR_MS);

/** A certificate with its private key, in PEM. */
export type Issued = { readonly cert: string; readonly key: string };
type Issuer = { readonly name: string; readonly privateKey: KeyObject };
type Subject = {
  readonly name: string;
  /** Undefined for an authority. */
  readonly hosts?: readonly string[];
  /** Years from now. */
  readonly valid?: readonly [from: number, to: number];
  /** Undefined for a certificate that signs itself. */
  readonly issuer?: Issuer;
};

let serial = 0;

const issue = ({ name, hosts, valid: [from, to] = [-1, 1], issuer }: Subject) => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const facts = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([++serial])),
    ecdsaWithSha256,
    nameOf(issuer?.name ?? name),
    sequence(time(inYears(from)), time(inYears(to))),
    nameOf(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(hosts ? forHosts(hosts) : isAuthority)),
  );
  const signature = sign('sha256', facts, issuer?.privateKey ?? privateKey);
  const cert = sequence(facts, ecdsaWithSha256, der(0x03, Buffer.from([0]), signature));
  const pem = `-----BEGIN CERTIFICATE-----\n${cert.toString('base64')}\n-----END CERTIFICATE-----\n`;
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { cert: pem, key, name, privateKey };
};

/** A certificate that no authority vouches for. */
export const selfSigned = (host: string): Issued => issue({ name: host, hosts: [host] });

/** A private authority. It issues certificates for a host. */
export const createAuthority = () => {
  const issuer = issue({ name: 'Test Authority' });
  return {
    cert: issuer.cert,
    issueFor: (host: string, valid?: Subject['valid']): Issued =>
      issue({ name: host, hosts: [host], issuer, ...(valid && { valid }) }),
  };
};
