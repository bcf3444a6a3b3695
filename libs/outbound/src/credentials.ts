type UserInfo = Pick<URL, 'username' | 'password'>;

export const hasCredentials = ({ username, password }: UserInfo): boolean =>
  username !== '' || password !== '';

/** The bytes of a user name or password. A URL holds them in ASCII; a faulty escape stays as it is. */
const percentDecode = (text: string): Buffer => {
  const byte = (_: string, hex: string) => String.fromCharCode(Number.parseInt(hex, 16));
  return Buffer.from(text.replaceAll(/%([0-9a-f]{2})/gi, byte), 'latin1');
};

/** The Authorization header of a user name and password in a URL, decoded as browsers and curl do. */
const basicOf = ({ username, password }: UserInfo): string => {
  const bytes = Buffer.concat([percentDecode(username), Buffer.from(':'), percentDecode(password)]);
  return `Basic ${bytes.toString('base64')}`;
};

/** The header for a URL that has credentials; none for others. */
export const authorizationOf = (url: UserInfo): { readonly authorization?: string } =>
  hasCredentials(url) ? { authorization: basicOf(url) } : {};
