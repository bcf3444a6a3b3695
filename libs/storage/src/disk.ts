import { randomUUID } from 'node:crypto';
import {
  access,
  chmod,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  statfs,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { asImageBytes, TaskError, windowsOf, type ImageBytes } from '#contract';
import { isMissing, translate } from './disk-faults.js';
import { StorageError, type StorageOperation } from './storage-error.js';
import type { OpenedImage, Store, StoredFile } from './storage.js';

/** A file in the folder for images. When it is missing, the disk with the images is not mounted. */
const MARK = '.clearcut-images';
const MARK_TEXT = 'Images of Clearcut lie here. Keep this file: it shows that their disk is mounted.\n';

/** Images of callers are for no other user of the machine. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

const makeFolder = (path: string) => mkdir(path, { recursive: true, mode: FOLDER_MODE });

export const syncFolder = async (folder: string) => {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const writeDurably = async (path: string, image: ImageBytes) => {
  const handle = await open(path, 'wx', FILE_MODE);
  try {
    if (image.whole) await handle.writeFile(image.whole);
    // Each piece goes behind the one before.
    else for await (const piece of windowsOf(image)) await handle.writeFile(piece);
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const replace = async (path: string, image: ImageBytes) => {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeDurably(temporary, image);
    await rename(temporary, path);
  } catch (cause) {
    // A failing disk may refuse this too. The first fault is the one to report.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw cause;
  }
  // A rename is durable only once its folder is synced. Otherwise an accepted task could lose its image.
  if (process.platform !== 'win32') await syncFolder(dirname(path));
};

/** The stream closes the file. */
const openFile = async (path: string): Promise<OpenedImage> => {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    return { bytes: size, stream: handle.createReadStream() };
  } catch (cause) {
    await handle.close();
    throw cause;
  }
};

const absent = (cause: unknown): undefined => {
  if (!isMissing(cause)) throw cause;
};

/** Files that vanish meanwhile are left out. */
const listFolder = async (root: string, folder: string): Promise<StoredFile[]> => {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(absent);
  const files: StoredFile[] = [];
  for (const entry of entries ?? []) {
    const facts = entry.isFile() && (await stat(join(root, folder, entry.name)).catch(absent));
    if (facts) files.push({ key: `${folder}/${entry.name}`, writtenAt: facts.mtime, bytes: facts.size });
  }
  return files;
};

/** A folder that a former release made is readable by all users of the machine. On a read-only disk it stays so. */
const tighten = async (folder: string) => {
  const { uid, mode } = await stat(folder);
  if (uid !== process.getuid?.() || (mode & 0o777) === FOLDER_MODE) return;
  await chmod(folder, FOLDER_MODE).catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code !== 'EROFS') throw cause;
  });
};

/** Creates the folder and the mark file unless they exist. */
const prepare = async (root: string) => {
  await makeFolder(root);
  await tighten(root);
  const mark = join(root, MARK);
  await access(mark).catch(async (cause: unknown) => {
    if (!isMissing(cause)) throw cause;
    await writeFile(mark, MARK_TEXT, { mode: FILE_MODE });
  });
};

/**
 * Keeps images below one folder of the local disk.
 * @throws StorageError when the folder or its mark file cannot be created
 */
export const openDiskStorage = async (root: string): Promise<Store> => {
  const run = async <T>(operation: StorageOperation, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      throw translate(cause, operation, root);
    }
  };

  /** Without this check, images would be written beside an unmounted disk, or would seem deleted. */
  const requireMounted = async (operation: StorageOperation) => {
    try {
      await access(join(root, MARK));
    } catch (cause) {
      if (!isMissing(cause)) throw cause;
      const message = `The folder for images ${root} has lost its file ${MARK}: mount its disk, or start again if it was emptied.`;
      throw new StorageError(message, { operation, kind: 'unavailable' }, { cause });
    }
  };

  /** A missing key means a deleted image only if the disk is mounted. */
  const find = <T>(operation: StorageOperation, look: () => Promise<T>): Promise<T> =>
    run(operation, () =>
      look().catch(async (cause: unknown) => {
        if (!isMissing(cause)) throw cause;
        await requireMounted(operation);
        throw new TaskError('mediaNotFound', 'The bytes of the image are gone.', {}, { cause });
      }),
    );

  await run('open', () => prepare(root));
  return {
    write: (key, image) =>
      run('write', async () => {
        await requireMounted('write');
        const path = join(root, key);
        await makeFolder(dirname(path));
        await replace(path, asImageBytes(image));
      }),
    read: (key) => find('read', () => readFile(join(root, key))),
    open: (key) => find('read', () => openFile(join(root, key))),
    remove: (key) =>
      run('remove', async () => {
        await requireMounted('remove');
        await rm(join(root, key), { force: true });
      }),
    locate: async (key) => {
      await find('locate', () => access(join(root, key)));
      return { kind: 'file', root, name: key };
    },
    list: (folder) =>
      run('list', async () => {
        await requireMounted('list');
        return listFolder(root, folder);
      }),
    space: () =>
      run('measure', async () => {
        await requireMounted('measure');
        const { blocks, bavail, bsize } = await statfs(root);
        return { usedBytes: (blocks - bavail) * bsize, limitBytes: blocks * bsize };
      }),
    close: () => undefined,
  };
};
