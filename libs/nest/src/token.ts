import type { FactoryProvider } from '@nestjs/common';

/** The key under which Nest keeps a value of type T. Only the compiler knows the type. */
export type Token<T> = symbol & { readonly holds?: T };

/** @example `export const STORAGE = token<Storage>('storage');` */
export const token = <T>(name: string): Token<T> => Symbol(name);

type Tokens<Needs> = { readonly [Name in keyof Needs]-?: Token<Needs[Name]> };

/**
 * Makes a provider whose factory gets its dependencies by name. The compiler checks the type of each token.
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
