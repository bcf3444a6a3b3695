import { resolve } from 'node:path';
import type { RemoveOptions } from '#client';
import { isNamed } from './inputs.js';

type Refine = NonNullable<RemoveOptions['refine']>;

const isPath = (image: unknown): image is string => typeof image === 'string' && !isNamed(image);

const withPath = <T>(image: T, cwd: string): T | string => (isPath(image) ? resolve(cwd, image) : image);

/** The parameters with whole paths in place of those that begin in the working folder. */
export const withWholePaths = <T extends Pick<RemoveOptions, 'refine'>>(parameters: T, cwd: string): T => {
  const { refine } = parameters;
  if (!refine) return parameters;
  const { hint, base } = refine;
  return {
    ...parameters,
    refine: {
      ...refine,
      ...(hint !== undefined && { hint: withPath(hint, cwd) }),
      ...(base !== undefined && { base: withPath(base, cwd) }),
    },
  };
};

const SOME_UUID = '00000000-0000-4000-8000-000000000000';

/** `refine` with a UUID in place of a file, since a server gets one. */
export const withStandIn = (refine: Refine | undefined) =>
  refine && { ...refine, ...(isPath(refine.base) && { base: SOME_UUID }) };
