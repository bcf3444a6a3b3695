import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import {
  access,
  lstat,
  mkdir,
  open,
  opendir,
  realpath,
  rename,
  rm,
  stat,
  type FileHandle,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isMissing, systemCodeOf, translate } from '../disk-faults.js';
import { syncFolder } from '../disk.js';
import { StorageError, type StorageOperation } from '../storage-error.js';
import type { OpenedImage } from '../storage.js';
import { FileFault, type PlaceFiles } from './place-files.js';
import { walk } from './walk.js';

export type DiskPlace = { readonly folder: string; readonly mark?: string | undefined };

/** Paths of one page. */
const PAGE = 500;

/** Faults of one file, in words that complete "the file …". Those of the whole disk are not among them. */
const fileReasons: Readonly<Record<string, string>> = {
  EISDIR: 'is a folder',
  ENOTDIR: 'lies below a file in place of a folder',
  ELOOP: 'is a link',
  ENAMETOOLONG: 'has too long a name',
};

/** A folder that may not be written is the operator's matter. */
const readReasons: typeof fileReasons = {
  ...fileReasons,
  EACCES: 'may not be read by the service',
  EPERM: 'may not be read by the service',
};

const isLink = () => new FileFault('unusable', 'is reached by a link, which is not followed');

/**
 * Opens a file below a folder, and makes sure that no link led out of it, also where somebody exchanges folders
 * meanwhile.
 */
const openInside = async (root: string, path: string, flags: number): Promise<FileHandle> => {
  const whole = join(root, path);
  const handle = await open(whole, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o666);
  try {
    const real = await realpath(whole);
    const [opened, named] = await Promise.all([handle.stat(), lstat(real)]);
    const isSame = opened.dev === named.dev && opened.ino === named.ino;
    if (real !== join(await realpath(root), path) || !isSame) throw isLink();
    if (!opened.isFile()) throw new FileFault('unusable', 'is no plain file');
    return handle;
  } catch (cause) {
    await handle.close();
    throw cause;
  }
};

/** Makes the folders of a path one by one, since links on the way are not followed. */
const makeFolders = async (root: string, folder: string): Promise<void> => {
  if (folder === '.') return;
  let whole = root;
  for (const part of folder.split('/')) {
    whole = join(whole, part);
    await mkdir(whole).catch(async (cause: unknown) => {
      if (systemCodeOf(cause) !== 'EEXIST') throw cause;
      const found = await lstat(whole);
      if (found.isSymbolicLink()) throw isLink();
      if (!found.isDirectory()) throw new FileFault('unusable', fileReasons['ENOTDIR'] ?? '', { cause });
    });
  }
};

const writeInto = async (handle: FileHandle, { stream }: OpenedImage): Promise<void> => {
  try {
    // Each piece goes behind the one before.
    for await (const piece of stream as AsyncIterable<Buffer>) await handle.writeFile(piece);
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const replace = async (root: string, path: string, file: OpenedImage): Promise<void> => {
  await makeFolders(root, dirname(path));
  // A long name leaves no room for one that is longer.
  const temporary = join(dirname(path), `.${randomUUID()}.tmp`);
  const { O_WRONLY, O_CREAT, O_EXCL } = constants;
  try {
    await writeInto(await openInside(root, temporary, O_WRONLY | O_CREAT | O_EXCL), file);
    await rename(join(root, temporary), join(root, path));
  } catch (cause) {
    // A failing disk may refuse this too. The first fault is the one to report.
    await rm(join(root, temporary), { force: true }).catch(() => undefined);
    throw cause;
  }
  if (process.platform !== 'win32') await syncFolder(dirname(join(root, path)));
};

const awayOf = (cause: unknown, operation: StorageOperation, root: string): unknown =>
  translate(cause, operation, root, 'folder of a place');

/** The files below a folder of the disk. */
export const openDiskPlace = ({ folder: root, mark }: DiskPlace): PlaceFiles => {
  const isEmpty = async () => {
    const folder = await opendir(root, { bufferSize: 1 });
    try {
      return (await folder.read()) === null;
    } finally {
      await folder.close();
    }
  };

  /** Without this check, files would be missing while their disk is away, or written beside it. */
  const requireMark = async (operation: StorageOperation) => {
    try {
      await access(root, constants.X_OK);
      if (mark !== undefined) await access(join(root, mark));
    } catch (cause) {
      throw awayOf(cause, operation, root);
    }
  };

  /** The same, also by whether anything is there where no mark can tell. A new target is empty. */
  const requireMounted = async (operation: StorageOperation) => {
    await requireMark(operation);
    if (mark !== undefined || operation === 'write') return;
    const empty = await isEmpty().catch((cause: unknown) => {
      throw awayOf(cause, operation, root);
    });
    if (!empty) return;
    const message = `The folder ${root} of a place is empty: mount its disk, or put files into it.`;
    throw new StorageError(message, { operation, kind: 'unavailable' });
  };

  const faultOf = async (cause: unknown, operation: StorageOperation): Promise<unknown> => {
    if (cause instanceof FileFault) return cause;
    await requireMounted(operation);
    if (isMissing(cause) && operation !== 'write')
      return new FileFault('missing', 'does not exist', { cause });
    const reason = (operation === 'write' ? fileReasons : readReasons)[systemCodeOf(cause) ?? ''];
    return reason === undefined
      ? awayOf(cause, operation, root)
      : new FileFault('unusable', reason, { cause });
  };

  const run = async <T>(operation: StorageOperation, work: () => Promise<T>): Promise<T> => {
    // A file that is found tells as much as a look at the whole folder.
    await (operation === 'read' ? requireMark : requireMounted)(operation);
    try {
      return await work();
    } catch (cause) {
      throw await faultOf(cause, operation);
    }
  };

  const requireFolder = async (folder: string) => {
    const whole = join(root, folder);
    if ((await realpath(whole)) !== join(await realpath(root), folder)) throw isLink();
    if (!(await stat(whole)).isDirectory()) throw new FileFault('unusable', 'is no folder');
  };

  return {
    list: (folder, after = '', isWanted) =>
      run('list', async () => {
        await requireFolder(folder);
        const paths: string[] = [];
        for await (const path of walk(root, folder === '' ? '' : `${folder}/`, { after, isWanted })) {
          paths.push(path);
          if (paths.length === PAGE) return { paths, next: path };
        }
        // A disk that left meanwhile seems to have no more files.
        await requireMounted('list');
        await requireFolder(folder);
        return { paths, next: undefined };
      }),
    open: (path) =>
      run('read', async () => {
        const handle = await openInside(root, path, constants.O_RDONLY);
        const { size } = await handle.stat();
        return { bytes: size, stream: handle.createReadStream() };
      }),
    write: (path, file) => run('write', () => replace(root, path, file)),
    close: () => undefined,
  };
};
