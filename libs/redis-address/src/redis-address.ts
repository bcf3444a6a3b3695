/** Where a Redis is, and by what it lets in. */
export type RedisAddress = {
  /** One server, the master that sentinels tell of, or the nodes of a cluster. */
  readonly kind: 'server' | 'sentinel' | 'cluster';
  /** The server, the sentinels, or some nodes. */
  readonly hosts: readonly Host[];
  readonly isTls: boolean;
  readonly username?: string;
  readonly password?: string;
  readonly db: number;
  /** The name of the master, with sentinels. */
  readonly master?: string;
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
};

type Host = { readonly host: string; readonly port: number };

const PORTS = { server: 6379, sentinel: 26_379, cluster: 6379 } as const;

const FORMS =
  'must be redis://host:6379, redis+sentinel://host:26379,host:26379/master or redis+cluster://host:6379,host:6379, or the same with rediss for TLS';

/** What is wrong with the URL, in words that follow the name of the setting. It quotes nothing: a URL may hold passwords. */
class Fault extends Error {}

const SHAPE = /^(rediss?)\+(sentinel|cluster):\/\/(?:([^@/?#]*)@)?([^@/?#]+)(?:\/([^?#]*))?(?:\?([^#]*))?$/;

const decoded = (text: string, what: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Fault(`has a ${what} with a % that begins no escape: write %25`);
  }
};

const hostOf = (text: string, kind: RedisAddress['kind']): Host => {
  const [, bracketed, plain, port = `${PORTS[kind]}`] =
    /^(?:\[([\da-fA-F:.]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535)
    throw new Fault('has a host that is not of the form name:port, with commas between several');
  return { host, port: Number(port) };
};

const userOf = (userInfo: string): Pick<RedisAddress, 'username' | 'password'> => {
  const [, name = '', password] = /^([^:]*)(?::(.*))?$/.exec(userInfo) ?? [];
  return {
    ...(name !== '' && { username: decoded(name, 'user name') }),
    ...(password && { password: decoded(password, 'password') }),
  };
};

const dbOf = (text: string): number => {
  if (!/^\d{1,4}$/.test(text)) throw new Fault('has a database that is not a number');
  return Number(text);
};

const SENTINEL_QUERY = ['db', 'sentinelUsername', 'sentinelPassword'];

const sentinelOf = (path: string, query: URLSearchParams) => {
  if (!/^[\w.-]+$/.test(path)) throw new Fault('must name the master behind the hosts, such as /mymaster');
  if ([...query.keys()].some((name) => !SENTINEL_QUERY.includes(name)))
    throw new Fault(`may have ${SENTINEL_QUERY.join(', ')} in its query, and nothing else`);
  const [username, password] = [query.get('sentinelUsername'), query.get('sentinelPassword')];
  return {
    master: path,
    db: dbOf(query.get('db') ?? '0'),
    ...(username && { sentinelUsername: username }),
    ...(password && { sentinelPassword: password }),
  };
};

const clusterOf = (path: string, query: URLSearchParams) => {
  if (!['', '0'].includes(path) || [...query.keys()].length > 0)
    throw new Fault('may have neither a database nor a query behind the hosts of a cluster');
  return { db: 0 };
};

/** Of one server. ioredis reads such a URL by itself, with whatever options are in its query. */
const serverOf = (text: string): RedisAddress => {
  if (!URL.canParse(text)) throw new Fault(FORMS);
  const { protocol, hostname, port, username, password, pathname } = new URL(text);
  return {
    kind: 'server',
    hosts: [{ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || PORTS.server) }],
    isTls: protocol === 'rediss:',
    ...userOf(`${username}:${password}`),
    db: Number(pathname.slice(1)) || 0,
  };
};

/** @throws Error in words that follow the name of the setting */
export const parseRedisUrl = (text: string): RedisAddress => {
  if (/^rediss?:/i.test(text)) return serverOf(text);
  const [, scheme, mode, userInfo = '', hosts = '', path = '', search = ''] = SHAPE.exec(text) ?? [];
  if (scheme === undefined) throw new Fault(FORMS);
  const kind = mode === 'sentinel' ? 'sentinel' : 'cluster';
  const query = new URLSearchParams(search);
  return {
    kind,
    hosts: hosts.split(',').map((each) => hostOf(each, kind)),
    isTls: scheme === 'rediss',
    ...userOf(userInfo),
    ...(kind === 'sentinel' ? sentinelOf(path, query) : clusterOf(path, query)),
  };
};

/** Why the text is no address of a Redis, in words that follow the name of the setting. */
export const redisUrlFault = (text: string): string | undefined => {
  try {
    parseRedisUrl(text);
    return undefined;
  } catch (error) {
    if (error instanceof Fault) return error.message;
    throw error;
  }
};
