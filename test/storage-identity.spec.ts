import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { readConfig } from '#config';
import { openStorage } from '#storage';
import { startS3Store, type S3Store } from '#test/s3-store';

/** What a request to the service of identities brought. */
type Asked = { readonly body: string; readonly authorization: string | undefined };

const TOKEN = 'token-of-a-service-account';
const expiration = new Date(Date.now() + 3_600_000).toISOString();
const byToken = `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult><Credentials>
    <AccessKeyId>S3RVER</AccessKeyId><SecretAccessKey>S3RVER</SecretAccessKey><SessionToken>session</SessionToken>
    <Expiration>${expiration}</Expiration>
  </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;
const byAgent = JSON.stringify({
  AccessKeyId: 'S3RVER',
  SecretAccessKey: 'S3RVER',
  Token: 'session',
  Expiration: expiration,
});

let store: S3Store;
let identities: Server;
let url: string;
let folder: string;
let tokenFile: string;
let asked: Asked[];
const before = { ...process.env };

beforeAll(async () => {
  store = await startS3Store();
  folder = await mkdtemp(join(tmpdir(), 'clearcut-identity-'));
  tokenFile = join(folder, 'token');
  await writeFile(tokenFile, TOKEN);
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    asked.push({ body: await text(request), authorization: request.headers.authorization });
    response.setHeader('content-type', request.url === '/agent' ? 'application/json' : 'text/xml');
    response.end(request.url === '/agent' ? byAgent : byToken);
  };
  identities = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1');
  await once(identities, 'listening');
  const address = identities.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
});
afterEach(() => {
  process.env = { ...before };
});
afterAll(async () => {
  identities.closeAllConnections();
  identities.close();
  await store.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Writes and reads an image with nothing but what the environment gives. */
const useStore = async (env: Record<string, string>): Promise<string> => {
  asked = [];
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  Object.assign(process.env, { AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' }, env);
  const { S3_ACCESS_KEY_ID: _id, S3_SECRET_ACCESS_KEY: _secret, ...keyless } = store.env;
  const storage = await openStorage(readConfig({ ...keyless, DATA_DIR: folder }));
  try {
    await storage.write('outputs/ab/one.png', Buffer.from('bytes'));
    return (await storage.read('outputs/ab/one.png')).toString();
  } finally {
    storage.close();
  }
};

describe('S3 without keys', () => {
  it('uses the role of a Kubernetes service account, by its token', async () => {
    const role = 'arn:aws:iam::123456789012:role/clearcut';
    const env = { AWS_ROLE_ARN: role, AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile, AWS_REGION: 'us-east-1' };
    expect(await useStore({ ...env, AWS_ENDPOINT_URL_STS: url })).toBe('bytes');
    const form = new URLSearchParams(asked[0]?.body);
    expect([form.get('Action'), form.get('RoleArn'), form.get('WebIdentityToken')]).toEqual([
      'AssumeRoleWithWebIdentity',
      role,
      TOKEN,
    ]);
  });

  it('uses the agent of a node, by a token in a file', async () => {
    const env = { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/agent` };
    expect(await useStore({ ...env, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: tokenFile })).toBe('bytes');
    expect(asked[0]?.authorization).toBe(TOKEN);
  });
});
