import { describe, expect, it } from '@jest/globals';
import { allowsAddress, isAllowEntry, parseAllow } from './allow.js';

describe('isAllowEntry', () => {
  it.each([
    ['localhost'],
    ['images.internal'],
    ['Images.Internal.'],
    ['object_store'],
    ['xn--bcher-kva.example'],
    ['bücher.example'],
    ['127.0.0.1'],
    ['10.0.0.0/8'],
    ['0.0.0.0/0'],
    ['::1'],
    ['fd00::/8'],
  ])('takes %s', (entry) => {
    expect(isAllowEntry(entry)).toBe(true);
  });

  it.each([
    [''],
    [' '],
    ['.'],
    ['a..b'],
    ['-a'],
    ['*.internal'],
    ['localhost:9000'],
    ['http://localhost'],
    ['user@localhost'],
    ['localhost/path'],
    ['[::1]'],
    ['10.0.0.0/33'],
    ['10.0.0.0/'],
    ['10.0.0.0/-1'],
    ['10.0.0.0/8/8'],
    ['10.0.0/8'],
    ['::1/129'],
    ['fe80::1%eth0'],
    ['127.1'],
    ['2130706433'],
    ['0x7f000001'],
    ['256.1.1.1'],
    ['a b'],
  ])('refuses %j', (entry) => {
    expect(isAllowEntry(entry)).toBe(false);
  });
});

describe('parseAllow', () => {
  it('normalises names', () => {
    expect([...parseAllow(['Images.Internal.', 'bücher.example']).hosts]).toEqual([
      'images.internal',
      'xn--bcher-kva.example',
    ]);
  });

  it('names a malformed entry', () => {
    expect(() => parseAllow(['localhost', '10.0.0.0/99'])).toThrow('"10.0.0.0/99"');
  });

  it('lets a network cover its addresses and no others', () => {
    const allow = parseAllow(['10.1.0.0/16', '::1']);

    expect(allowsAddress(allow, '10.1.2.3')).toBe(true);
    expect(allowsAddress(allow, '10.2.0.1')).toBe(false);
    expect(allowsAddress(allow, '::1')).toBe(true);
    expect(allowsAddress(allow, '::2')).toBe(false);
    expect(allowsAddress(allow, 'localhost')).toBe(false);
  });

  it('does not let an IPv4 network cover its IPv4-mapped IPv6 addresses', () => {
    expect(allowsAddress(parseAllow(['127.0.0.0/8']), '::ffff:127.0.0.1')).toBe(false);
  });
});
