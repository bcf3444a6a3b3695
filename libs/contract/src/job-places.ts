import { z } from 'zod';

/** Neither out of a place nor to another one by way of what file systems read into a path. */
const isInside = (prefix: string): boolean =>
  !/[\\\p{Cc}\p{Cs}]/u.test(prefix) &&
  prefix.split('/').every((part) => part !== '' && part !== '.' && part !== '..');

/** A folder in a place that the operator allowed. */
export const JobFolder = z
  .strictObject({
    place: z
      .string()
      .regex(/^[\w-]{1,64}$/, 'must be up to 64 letters, digits, _ and -')
      .meta({ description: 'The name that the operator gave a folder or a bucket.' }),
    prefix: z
      .string()
      .max(500)
      .refine(
        (prefix) => prefix === '' || isInside(prefix.replace(/\/$/, '')),
        "must be the path of a folder in its place, such as 'shoes/2026': without a slash in front, empty parts, '.', '..', backslashes and control characters",
      )
      .optional()
      .meta({
        description: 'The path of a folder in it, such as `shoes/2026`. The whole place if left out.',
      }),
  })
  .meta({ id: 'JobFolder', description: 'A folder in a place that the operator of the service allowed.' });
export type JobFolder = z.infer<typeof JobFolder>;

/** A path in the place of a folder. @param path within the folder */
export const pathInPlace = ({ prefix = '' }: Pick<JobFolder, 'prefix'>, path: string): string =>
  prefix === '' ? path : `${prefix.replace(/\/$/, '')}/${path}`;

/** Whether two spellings lead to the same folder, such as `shoes` and `shoes/`. */
export const isSameFolder = (a: JobFolder, b: JobFolder): boolean =>
  a.place === b.place && pathInPlace(a, '') === pathInPlace(b, '');

/** Whether a path is that of an image by its extension. Hidden files and folders are left out. */
export const namesImage = (path: string): boolean =>
  /\.(?:png|jpe?g|jfif|webp)$/i.test(path) && !/(?:^|\/)\./.test(path);
