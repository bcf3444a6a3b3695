import { randomBytes, randomUUID } from 'node:crypto';
import pg from 'pg';
import { superuserSql } from './databases.js';

/** A word that no secret of a test lacks, and that nothing else has. */
const word = 'hush';
const secret = (name: string): string => `${word}-${name}-${randomBytes(9).toString('hex')}`;

/** Secrets that a test can recognise, by what they are. */
export const hidden = {
  key: `cc_live_${secret('key')}`,
  wrongKey: `cc_live_${secret('wrong-key')}`,
  adminToken: secret('admin-token'),
  metricsToken: secret('metrics-token'),
  /** 32 bytes in base64. */
  secretsKey: `hushSECRETS${randomBytes(24).toString('base64')}`.slice(0, 43) + '=',
  databasePassword: secret('database'),
  wrongDatabasePassword: secret('wrong-database'),
  redisPassword: secret('redis'),
  wrongRedisPassword: secret('wrong-redis'),
  s3Secret: secret('s3'),
  otlpHeader: secret('otlp'),
  imagePassword: secret('image'),
  imageQuery: secret('image-query'),
  uploadQuery: secret('upload-query'),
  hookPath: secret('hook-path'),
  hookQuery: secret('hook-query'),
} as const;

/** Finds secrets in a text, also in the base64 of HTTP basic. */
export const createSearch = () => {
  const more = new Set<string>();
  return {
    /** Adds a secret that the service made. */
    add: (found: string) => void more.add(found),
    /** The names or values of what is in the text. */
    in: (text: string): string[] => {
      const known = Object.entries(hidden).filter(([, value]) =>
        [value, encodeURIComponent(value)].some((each) => text.includes(each)),
      );
      const decoded = [...text.matchAll(/[\w+/]{24,}={0,2}/g)].filter(([match]) =>
        Buffer.from(match, 'base64').toString('latin1').includes(word),
      );
      return [
        ...known.map(([name]) => name),
        ...decoded.map(([match]) => match),
        ...[...more].filter((each) => text.includes(each)),
      ];
    },
  };
};

/** A role of Postgres with the rights of the database's owner and a password of its own. */
export const createLogin = async (databaseUrl: string, password: string): Promise<string> => {
  const { username: owner } = new URL(databaseUrl);
  const name = `login_${randomUUID().replaceAll('-', '')}`;
  await superuserSql(`CREATE ROLE ${name} LOGIN PASSWORD ${pg.escapeLiteral(password)} IN ROLE ${owner}`);
  await superuserSql(`ALTER ROLE ${name} SET role = ${owner}`);
  return Object.assign(new URL(databaseUrl), { username: name, password }).href;
};
