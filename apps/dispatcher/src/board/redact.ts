const address = /\b([a-z][a-z\d+.-]*:\/\/)(?:[^\s/?#@"'<>]*@)?([^\s?#"'<>\\]*)([?#][^\s"'<>\\]*)?/gi;

/** Takes user names, passwords and queries out of the addresses in a text: those carry signatures and tokens. */
export const redact = (text: string): string =>
  text.replaceAll(
    address,
    (_, scheme: string, place: string, query?: string) => `${scheme}${place}${query ? '?…' : ''}`,
  );
