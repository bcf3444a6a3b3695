import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** TLS before a service on loopback, as a reverse proxy would do it. */
export type TlsFront = {
  /** Such as `localhost:8443`. */
  readonly host: string;
  /** A file with the certificate, which its clients must trust. */
  readonly certificate: string;
  readonly stop: () => Promise<void>;
};

/** Needs openssl, since Node makes no certificates. */
const makeCertificate = (folder: string) => {
  const [key, certificate] = [join(folder, 'tls-key.pem'), join(folder, 'tls.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const files = ['-keyout', key, '-out', certificate];
  const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...files];
  execFileSync('openssl', args, { stdio: 'ignore' });
  return { key, certificate };
};

/** @param folder takes the certificate */
export const startTlsFront = async (target: string, folder: string): Promise<TlsFront> => {
  const files = makeCertificate(folder);
  const options = { key: readFileSync(files.key), cert: readFileSync(files.certificate) };
  const server = createServer(options, (incoming, outgoing) => {
    const { method, headers, url = '/' } = incoming;
    const forwarded = request(new URL(url, target), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.once('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `localhost:${(server.address() as AddressInfo).port}`,
    certificate: files.certificate,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
