import { describe, expect, it } from '@jest/globals';
import { parseRedisUrl, redisUrlFault } from './redis-address.js';

describe('the address of a Redis', () => {
  it.each([
    [
      'redis://localhost',
      { kind: 'server', hosts: [{ host: 'localhost', port: 6379 }], isTls: false, db: 0 },
    ],
    [
      'rediss://ann:p%40ss@[::1]:7000/3',
      {
        kind: 'server',
        hosts: [{ host: '::1', port: 7000 }],
        isTls: true,
        username: 'ann',
        password: 'p@ss',
        db: 3,
      },
    ],
    [
      'redis+sentinel://ann:p%40ss@one:1,two,[::1]:3/mymaster?db=2&sentinelUsername=bob&sentinelPassword=s%2Fs',
      {
        kind: 'sentinel',
        hosts: [
          { host: 'one', port: 1 },
          { host: 'two', port: 26_379 },
          { host: '::1', port: 3 },
        ],
        isTls: false,
        username: 'ann',
        password: 'p@ss',
        master: 'mymaster',
        db: 2,
        sentinelUsername: 'bob',
        sentinelPassword: 's/s',
      },
    ],
    [
      'rediss+cluster://:secret@one,two:7001/0',
      {
        kind: 'cluster',
        hosts: [
          { host: 'one', port: 6379 },
          { host: 'two', port: 7001 },
        ],
        isTls: true,
        password: 'secret',
        db: 0,
      },
    ],
  ])('%s is read', (url, address) => {
    expect(redisUrlFault(url)).toBeUndefined();
    expect(parseRedisUrl(url)).toEqual(address);
  });

  it.each([
    ['localhost:6379', 'must be redis://host:6379, redis+sentinel'],
    ['http://:hush@localhost', 'must be redis://'],
    ['redis+sentinel://:hush@one,two', 'must name the master behind the hosts'],
    ['redis+sentinel://:hush@one:two/mymaster', 'has a host that is not of the form name:port'],
    ['redis+sentinel://:hush@one:70000/mymaster', 'has a host that is not'],
    ['redis+sentinel://:hush@one,/mymaster', 'has a host that is not'],
    ['redis+sentinel://:hush@one/mymaster?db=x', 'has a database that is not a number'],
    [
      'redis+sentinel://one/mymaster?password=hush',
      'may have db, sentinelUsername, sentinelPassword in its query',
    ],
    ['redis+sentinel://:hush%@one/mymaster', 'has a password with a % that begins no escape'],
    ['redis+cluster://:hush@one/3', 'may have neither a database nor a query'],
    ['redis+cluster://:hush@one?family=6', 'may have neither a database nor a query'],
    ['redis+ring://:hush@one', 'must be redis://'],
  ])('%s is refused in words that quote nothing', (url, words) => {
    expect(redisUrlFault(url)).toContain(words);
    expect(redisUrlFault(url)).not.toContain('hush');
  });
});
