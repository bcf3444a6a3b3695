import { createHash } from 'node:crypto';
import {
  ImageFile,
  MAX_IMAGE_BYTES,
  TaskError,
  toFailure,
  type ImageBytes,
  type JobFolder,
  type Outcome,
} from '#contract';
import type { Owner } from '#database';
import type { OpenedImage, PlaceFiles } from '#storage';
import type { IntakeMemory } from '../door/intake-memory.js';
import { SPOOL_MEMORY_BYTES, type Spool, type Spooled } from '../door/spool.js';
import type { AnswerTasks } from '../tasks/answer-tasks.js';
import { inParallel } from './in-parallel.js';
import { faultOfFile, troubleOf } from './place-faults.js';
import type { Places } from './places.js';

export type SendNeeds = {
  readonly answerTasks: AnswerTasks;
  readonly memory: Pick<IntakeMemory, 'open'>;
  readonly places: Pick<Places, 'files' | 'require'>;
  readonly spool: Pick<Spool, 'open'>;
  /** Receives the trouble of places. */
  readonly onPlaceTrouble: (error: unknown) => void;
};

/** A task whose image lies in a place. */
export type FileToSend = {
  readonly path: string;
  readonly toTask: (image: ImageFile) => object;
};

/** Files that are read at once. */
const WIDTH = 8;

const tooLarge = (path: string): TaskError =>
  new TaskError('maxImageSizeExceeded', `'${path}' has more than ${MAX_IMAGE_BYTES} bytes.`, {
    parameter: 'source',
    max: MAX_IMAGE_BYTES,
  });

const land = async ({ bytes, stream }: OpenedImage, spooled: Spooled, path: string): Promise<ImageBytes> => {
  if (bytes > MAX_IMAGE_BYTES) throw tooLarge(path);
  await spooled.reserve(bytes);
  const hash = createHash('sha256');
  for await (const piece of stream as AsyncIterable<Buffer>) {
    if (spooled.length() + piece.length > MAX_IMAGE_BYTES) throw tooLarge(path);
    hash.update(piece);
    spooled.push(piece);
    await spooled.settle();
  }
  await spooled.finish();
  return spooled.imageAt(0, spooled.length(), hash.digest('hex'));
};

/** Reads a file as an upload is read, and works on it. A large one lies in a file of ours meanwhile. */
const withFile = async <T>(
  { memory, spool }: SendNeeds,
  ownerId: string,
  files: PlaceFiles,
  path: string,
  work: (image: ImageFile) => Promise<T>,
): Promise<T> => {
  const lease = memory.open(ownerId);
  const spooled = spool.open(ownerId);
  try {
    await lease.reserve(SPOOL_MEMORY_BYTES);
    const opened = await files.open(path);
    try {
      return await work(new ImageFile(await land(opened, spooled, path)));
    } finally {
      opened.stream.destroy();
    }
  } finally {
    await spooled.drop();
    lease.end();
  }
};

/**
 * Makes tasks of images in a place, each with the checks of an upload.
 * @returns what became of each; undefined for those that have not begun when time is over
 */
export const sendFiles = async (
  needs: SendNeeds,
  owner: Owner,
  folder: JobFolder,
  sent: readonly FileToSend[],
  isOver: () => boolean,
): Promise<(Outcome | undefined)[]> => {
  const failed = (error: unknown, path: string): Outcome => {
    const fault = faultOfFile(error, 'source', folder, path);
    if (fault) return toFailure(fault);
    needs.onPlaceTrouble(error);
    return toFailure(troubleOf('source', folder, error));
  };
  return inParallel(sent, WIDTH, async ({ path, toTask }) => {
    if (isOver()) return undefined;
    try {
      const files = needs.places.files('source', folder);
      needs.places.require(owner, 'source', folder);
      return await withFile(needs, owner.id, files, path, async (image) => {
        const [outcome] = needs.answerTasks({ owner, tasks: [toTask(image)], isDryRun: false });
        return outcome;
      });
    } catch (error) {
      return failed(error, path);
    }
  });
};
