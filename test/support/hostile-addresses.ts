/**
 * Spellings of addresses that are not public. Each must be refused, whatever parameter, redirect or name leads there.
 */
const bytesOf = (address: string) => address.split('.').map(Number);
const numberOf = (address: string) => bytesOf(address).reduce((sum, byte) => sum * 256 + byte, 0);
const hexOf = (address: string) => bytesOf(address).map((byte) => byte.toString(16).padStart(2, '0'));
const fullwidth = (text: string) =>
  text.replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)));
/** Digits that host names map to plain ones: in circles, raised, double-struck. */
const odd = (text: string) =>
  text.replaceAll(/[1-9]/g, (digit) => String.fromCodePoint(0x245f + Number(digit)));
const escaped = (text: string) => text.replaceAll(/\d/g, (digit) => `%3${digit}`);

/** Spellings of one IPv4 address, as hosts of a URL. */
const spellings: Readonly<Record<string, (address: string) => string>> = {
  plain: (a) => a,
  'with a trailing dot': (a) => `${a}.`,
  'as one number': (a) => `${numberOf(a)}`,
  'as one hexadecimal number': (a) => `0x${hexOf(a).join('')}`,
  'as one octal number': (a) => `0${numberOf(a).toString(8)}`,
  'in hexadecimal': (a) =>
    hexOf(a)
      .map((byte) => `0x${byte}`)
      .join('.'),
  'in upper case': (a) =>
    hexOf(a)
      .map((byte) => `0X${byte.toUpperCase()}`)
      .join('.'),
  'in octal': (a) =>
    bytesOf(a)
      .map((byte) => `0${byte.toString(8)}`)
      .join('.'),
  'with leading zeros': (a) =>
    bytesOf(a)
      .map((byte) => `0000${byte.toString(8)}`)
      .join('.'),
  'in three parts': (a) => {
    const [first, second, third = 0, fourth = 0] = bytesOf(a);
    return `${first}.${second}.${third * 256 + fourth}`;
  },
  'in two parts': (a) => `${bytesOf(a)[0]}.${numberOf(a) % 2 ** 24}`,
  mixed: (a) => {
    const [first = 0, second = 0, third, fourth] = bytesOf(a);
    return `0x${first.toString(16)}.0${second.toString(8)}.${third}.${fourth}`;
  },
  'in full-width digits': fullwidth,
  'in circled digits': odd,
  'with ideographic dots': (a) => a.replaceAll('.', '\u3002'),
  'percent-encoded': escaped,
  'with a soft hyphen': (a) => a.replace('.', '.\u00ad'),
  'behind a user': (a) => `public.example@${a}`,
  'behind a user and password': (a) => `8.8.8.8:443@${a}`,
  'IPv4-mapped': (a) => `[::ffff:${a}]`,
  'IPv4-mapped in hexadecimal': (a) => {
    const [first, second, third, fourth] = hexOf(a);
    return `[::ffff:${first}${second}:${third}${fourth}]`;
  },
  'IPv4-mapped in full': (a) => `[0:0:0:0:0:FFFF:${a}]`,
  'IPv4-compatible': (a) => `[::${a}]`,
  'IPv4-translated': (a) => `[::ffff:0:${a}]`,
  '6to4': (a) => {
    const [first, second, third, fourth] = hexOf(a);
    return `[2002:${first}${second}:${third}${fourth}::1]`;
  },
  NAT64: (a) => `[64:ff9b::${a}]`,
  'local NAT64': (a) => `[64:ff9b:1::${a}]`,
  Teredo: (a) => {
    const [first, second, third, fourth] = bytesOf(a).map((byte) =>
      (255 - byte).toString(16).padStart(2, '0'),
    );
    return `[2001:0:808:808:0:0:${first}${second}:${third}${fourth}]`;
  },
  ISATAP: (a) => `[2a00:1450::5efe:${a}]`,
  'global ISATAP': (a) => `[2a00:1450::200:5efe:${a}]`,
};

/** Loopback, a private network, and where clouds serve the secrets of a machine. */
const targets = ['127.0.0.1', '10.0.0.1', '192.168.1.1', '169.254.169.254', '100.100.100.200', '166.9.8.7'];

const others = [
  '0',
  '0.0.0.0',
  '127.1',
  '255.255.255.255',
  '224.0.0.1',
  '172.31.255.254',
  '198.18.0.1',
  '192.0.0.192',
  '168.63.129.16',
  '161.26.0.10',
  '166.11.255.254',
  '199.36.153.8',
  '199.36.153.11',
  '199.36.153.4',
  '[::]',
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  '[fe80::1]',
  '[fe80::1%25eth0]',
  '[fe80::1%eth0]',
  '[::1%25lo]',
  '[fc00::1]',
  '[fd00:ec2::254]',
  '[fec0::1]',
  '[ff02::1]',
  '[100::1]',
  '[2001:db8::1]',
  '[3fff::1]',
  '[5f00::1]',
  '[2600:2d00:2:1000::1]',
  'localhost',
  'LOCALHOST',
  'localhost.',
  'a.localhost',
  'ｌｏｃａｌｈｏｓｔ',
  'loc%61lhost',
  'localhost%2e',
  '.',
  '..',
  '127.0.0.1%00.example.com',
  '127.0.0.1%2f.example.com',
  '127.0.0.1\\@example.com',
];

/** `[how it is spelled, URL]`, for a port where nothing must arrive. */
export const hostileUrls = (port: number): [string, string][] => {
  const at = (host: string) => `http://${host}:${port}/`;
  return [
    ...targets.flatMap((target) =>
      Object.entries(spellings).map(([how, spell]): [string, string] => [
        `${target} ${how}`,
        at(spell(target)),
      ]),
    ),
    ...others.map((host): [string, string] => [host, at(host)]),
    ['a scheme in upper case', `HTTP://127.0.0.1:${port}/`],
    ['blanks around it', `  http://127.0.0.1:${port}/  `],
    ['tabs and line breaks inside', `http://127.0.\t0.\n1:${port}/`],
    ['many slashes', `http:////127.0.0.1:${port}/`],
    ['TLS', `https://127.0.0.1:${port}/`],
    ...[
      'file:///etc/passwd',
      'ftp://127.0.0.1/',
      'gopher://127.0.0.1/',
      'ws://127.0.0.1/',
      'unix:///run/docker.sock',
    ].map((url): [string, string] => [url, url]),
  ];
};
