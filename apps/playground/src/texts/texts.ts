import type { en } from './en.js';

type Widened<T> = T extends string
  ? string
  : T extends (...args: infer A) => string
    ? (...args: A) => string
    : { readonly [K in keyof T]: Widened<T[K]> };

/** What a language must say. */
export type Texts = Widened<typeof en>;
