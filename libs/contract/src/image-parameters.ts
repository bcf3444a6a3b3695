import type { ImageText } from './long-text.js';

/** Names from a task inwards. */
export type ParameterPath = readonly string[];

/** The parameters of a removal that may hold an image besides the one that is cut out. */
export const furtherImagePaths: readonly ParameterPath[] = [
  ['compose', 'background', 'image'],
  ['refine', 'hint'],
];
/** A former result, whose mask takes the place of the network's. */
export const BASE = 'refine.base';
/** Strokes that correct the mask. */
export const HINT = 'refine.hint';
/** Those that name a stored image, and never hold one. */
const storedImagePaths: readonly ParameterPath[] = [['refine', 'base']];

/** All parameters of tasks that may hold an image. Large ones are kept apart from their JSON text. */
export const imagePaths: readonly ParameterPath[] = [
  ['inputImage'],
  ['image'],
  ['media'],
  ['inputs', 'image'],
  ...furtherImagePaths,
];

/** The names of a path as errors and forms write them. */
const dotted = (path: ParameterPath): string => path.join('.');

const known: ReadonlySet<string> = new Set(imagePaths.map(dotted));
const further: ReadonlySet<string> = new Set(furtherImagePaths.map(dotted));

export const isImagePath = (path: ParameterPath): boolean => known.has(dotted(path));
/** The most images that a removal has besides the one that is cut out. */
export const MAX_FURTHER_IMAGES = furtherImagePaths.length;
export const isFurtherImage = (parameter: string): boolean => further.has(parameter);
export const deepestImagePath = Math.max(...imagePaths.map(({ length }) => length));

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The object that holds the last name of a path; undefined where there is none. */
export const holderAt = (task: unknown, path: ParameterPath): Record<string, unknown> | undefined => {
  const holder = path
    .slice(0, -1)
    .reduce<unknown>((outer, name) => (isRecord(outer) ? outer[name] : undefined), task);
  return isRecord(holder) ? holder : undefined;
};

const valueAt = (task: unknown, path: ParameterPath): unknown => holderAt(task, path)?.[path.at(-1) ?? ''];

/** A copy of a task with other values at some paths. Only objects on the way are copied. */
export const withValuesAt = <T extends object>(
  task: T,
  values: readonly (readonly [path: ParameterPath, value: unknown])[],
): T => {
  const set = (outer: object, [name = '', ...inner]: ParameterPath, value: unknown): object => {
    const before: unknown = Object.hasOwn(outer, name) ? (outer as Record<string, unknown>)[name] : undefined;
    const after = inner.length === 0 ? value : set(isRecord(before) ? before : {}, inner, value);
    return { ...outer, [name]: after };
  };
  return values.reduce((changed, [path, value]) => set(changed, path, value) as T, task);
};

/** An image of a removal besides the one that is cut out, and the parameter that holds it. */
export type FurtherImage = { readonly parameter: string; readonly image: ImageText };

/** The further images of a validated removal. */
export const furtherImagesOf = (task: object): FurtherImage[] =>
  [...furtherImagePaths, ...storedImagePaths].flatMap((path) => {
    const image = valueAt(task, path);
    return image === undefined ? [] : [{ parameter: dotted(path), image: image as ImageText }];
  });

/** Whether the mask is that of a former result, so that the network does not run. */
export const isTouchUp = (images: readonly Pick<FurtherImage, 'parameter'>[]): boolean =>
  images.some(({ parameter }) => parameter === BASE);

export const pathOf = (parameter: string): ParameterPath => parameter.split('.');
