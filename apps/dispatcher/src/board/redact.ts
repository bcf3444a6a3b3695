const address = /\b([a-z][a-z\d+.-]*:\/\/)(?:[^\s/?#@"'<>]*@)?([^\s?#"'<>\\]*)([?#][^\s"'<>\\]*)?/gi;

/** Removes user names, passwords and queries from addresses in a text, since they may hold secrets. */
export const redact = (text: string): string =>
  text.replaceAll(
    address,
    (_, scheme: string, place: string, query?: string) => `${scheme}${place}${query ? '?…' : ''}`,
  );
