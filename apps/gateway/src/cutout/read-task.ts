import { randomUUID } from 'node:crypto';
import {
  fromTexts,
  holderAt,
  pathOf,
  RemoveBackground,
  TaskError,
  withValuesAt,
  type ImageFile,
} from '#contract';
import type { Fields } from '../uploads/multipart.js';
import { chooseAnswer, type AnswerFormat } from './choose-answer.js';
import { taskUuidOf } from './idempotency-key.js';

/** What came, in whatever place. */
export type Sent = {
  readonly texts: Fields;
  /** The image, unless it is named by an address. */
  readonly file: ImageFile | undefined;
  /** Images besides that one, by their parameters. */
  readonly further?: ReadonlyMap<string, ImageFile>;
  readonly accept: string | undefined;
  readonly idempotencyKey: string | undefined;
  readonly ownerId: string;
  /** The model of a request that names none. */
  readonly defaultModel: string;
};

export type Asked = {
  /** As `POST /v1` takes it, still to be validated. */
  readonly task: Readonly<Record<string, unknown>>;
  readonly answer: AnswerFormat;
};

/** Parameters of a removal that this address does not take, and why. */
const notTaken: Readonly<Record<string, string>> = {
  taskType: 'this address only removes backgrounds',
  deliveryMethod: 'this address waits for the result',
  webhookURL: 'this address waits for the result',
};
/** Parameters of the contract that this address describes. */
export const takes = (name: string): boolean => !Object.hasOwn(notTaken, name);

const requireTaken = (name: string) => {
  if (takes(name)) return;
  const message = `The parameter '${name}' is not supported here, since ${notTaken[name]}: see POST /v1.`;
  throw new TaskError('unsupportedParameter', message, { parameter: name });
};

/** Forms call the image `image`, as file or as address. */
const nameOf = (name: string) => (name === 'image' ? 'inputImage' : name);

const noFile = () => {
  const message =
    "'inputImage' is a file's name and no file. With curl, write @ before it: -F image=@photo.jpg";
  return new TaskError('invalidInputImage', message, { parameter: 'inputImage' });
};
/** No address, and no base64, which has no dot. */
const looksLikeFileName = (text: unknown) => typeof text === 'string' && /^[^:]*\.\w+$/.test(text.trim());

const noImage = () => {
  const message =
    "The request has no image: send it as a file in a form (curl -F image=@photo.jpg), as the body, or name its address in 'inputImage'.";
  return new TaskError('missingInputImage', message, { parameter: 'inputImage' });
};

const bothImages = () =>
  new TaskError('incompatibleParameters', "An image came as a file, and another in 'inputImage'.", {
    parameter: 'inputImage',
  });

const imageOf = ({ inputImage, inputs }: Readonly<Record<string, unknown>>, file: ImageFile | undefined) => {
  if (file && (inputImage !== undefined || inputs !== undefined)) throw bothImages();
  if (looksLikeFileName(inputImage)) throw noFile();
  if (!file && inputImage === undefined && inputs === undefined) throw noImage();
  return file ?? inputImage;
};

const withFiles = (
  named: Readonly<Record<string, unknown>>,
  files: ReadonlyMap<string, ImageFile>,
): Readonly<Record<string, unknown>> => {
  for (const parameter of files.keys()) {
    const path = pathOf(parameter);
    if (holderAt(named, path)?.[path.at(-1) ?? ''] === undefined) continue;
    const message = `'${parameter}' came as a file, and as a text.`;
    throw new TaskError('incompatibleParameters', message, { parameter });
  }
  return withValuesAt(
    named,
    [...files].map(([parameter, file]) => [pathOf(parameter), file]),
  );
};

const formats: ReadonlyMap<unknown, AnswerFormat> = new Map<string, AnswerFormat>([
  ['PNG', 'PNG'],
  ['WEBP', 'WEBP'],
  ['JPG', 'JPG'],
  ['JPEG', 'JPG'],
]);

/** @returns the UUID that the caller chose, by name or by key */
const chosenUuid = (taskUUID: unknown, { idempotencyKey, ownerId }: Sent): unknown => {
  if (idempotencyKey === undefined) return taskUUID;
  const ofKey = taskUuidOf(idempotencyKey, ownerId);
  if (taskUUID === undefined) return ofKey;
  if (typeof taskUUID === 'string' && taskUUID.toLowerCase() === ofKey.toLowerCase()) return taskUUID;
  const message = "'taskUUID' and the header Idempotency-Key name different tasks.";
  throw new TaskError('incompatibleParameters', message, { parameter: 'taskUUID' });
};

/**
 * The task that a request stands for, and what its caller wants back.
 *
 * @throws TaskError when the request cannot stand for one
 */
export const readTask = (sent: Sent): Asked => {
  for (const [name] of sent.texts) requireTaken(name);
  const texts = sent.texts.map(([name, text]) => [nameOf(name), text] as const);
  const { outputFormat, taskUUID, ...named } = fromTexts(texts, RemoveBackground);
  const parameters = withFiles(named, sent.further ?? new Map());
  const inputImage = imageOf(parameters, sent.file);

  const format = formats.get(typeof outputFormat === 'string' ? outputFormat.toUpperCase() : undefined);
  const answer = chooseAnswer(sent.accept, format);
  const isPicture = answer !== 'JSON';
  if (isPicture && parameters['outputType'] !== undefined) {
    const message = "'outputType' is for answers in JSON, which 'Accept: application/json' asks for.";
    throw new TaskError('unsupportedParameter', message, { parameter: 'outputType' });
  }

  const uuid = chosenUuid(taskUUID, sent);
  const task = {
    // Nobody could ask for the result of a task whose UUID only the answer would have told.
    cancelOnDisconnect: uuid === undefined,
    ...(isPicture && { includeCost: true }),
    model: sent.defaultModel,
    ...parameters,
    taskType: 'removeBackground',
    taskUUID: uuid ?? randomUUID(),
    outputFormat: outputFormat ?? (isPicture ? answer : undefined) ?? 'PNG',
    ...(inputImage !== undefined && { inputImage }),
  };
  return { task, answer };
};
