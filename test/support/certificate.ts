import { execFileSync } from 'node:child_process';
import { isIP } from 'node:net';
import { join } from 'node:path';

/** Paths of PEM files. */
export type Certificate = { readonly cert: string; readonly key: string };

/** A certificate of its own authority. It needs openssl, since Node makes no certificates. */
export const makeCertificate = (folder: string, name = '127.0.0.1'): Certificate => {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=${isIP(name) ? 'IP' : 'DNS'}:${name}`];
  const files = ['-keyout', key, '-out', cert];
  const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...files];
  execFileSync('openssl', args, { stdio: 'pipe' });
  return { cert, key };
};
