import type { FactoryProvider } from '@nestjs/common';

/** The name under which Nest keeps a value of type T. Nest itself does not know the type, but the compiler does. */
export type Token<T> = symbol & { readonly holds?: T };

/** @example `export const STORAGE = token<Storage>('storage');` */
export const token = <T>(name: string): Token<T> => Symbol(name);

export type Tokens<Needs> = { readonly [Name in keyof Needs]-?: Token<Needs[Name]> };

/**
 * A provider whose factory takes what it needs by name. The compiler checks that each token holds what is needed.
 *
 * @example `provide(EXPIRY, createExpiry, { database: DATABASE, storage: STORAGE, log: LOG })`
 */
export const provide = <T, Needs extends object>(
  provided: Token<T>,
  create: (needs: Needs) => T | Promise<T>,
  tokens: Tokens<Needs>,
): FactoryProvider<T> => {
  const entries = Object.entries<Token<unknown>>(tokens);
  return {
    provide: provided,
    inject: entries.map(([, each]) => each),
    useFactory: (...values: unknown[]) =>
      create(Object.fromEntries(entries.map(([name], i) => [name, values[i]])) as Needs),
  };
};
