/** A value that this device or this tab keeps. A browser may refuse to store it; then it lasts as long as the page. */
export const keptValue = (name: string, storage = () => localStorage) => ({
  read: (): string | undefined => {
    try {
      return storage().getItem(name) ?? undefined;
    } catch {
      return undefined;
    }
  },
  write: (value: string | undefined): void => {
    try {
      if (value === undefined) storage().removeItem(name);
      else storage().setItem(name, value);
    } catch {
      // See above.
    }
  },
});
