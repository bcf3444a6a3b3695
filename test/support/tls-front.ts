import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { makeCertificate } from './certificate.js';

/** TLS before a service on loopback, as a reverse proxy would do it. */
export type TlsFront = {
  /** Such as `localhost:8443`. */
  readonly host: string;
  /** A file with the certificate, which its clients must trust. */
  readonly certificate: string;
  readonly stop: () => Promise<void>;
};

/** @param folder takes the certificate */
export const startTlsFront = async (target: string, folder: string): Promise<TlsFront> => {
  const files = makeCertificate(folder, 'localhost');
  const options = { key: readFileSync(files.key), cert: readFileSync(files.cert) };
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
    certificate: files.cert,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
