/** A file with the path it had below what was dropped or picked. */
export type NamedFile = { readonly name: string; readonly file: Blob };

const isImage = ({ type, name }: File): boolean =>
  /^image\/(png|jpeg|webp)$/.test(type) || /\.(png|jpe?g|webp)$/i.test(name);

/** Keeps what the service reads. */
export const imagesOf = (files: readonly NamedFile[]): NamedFile[] =>
  files.filter(({ file }) => isImage(file as File));

export const namedFiles = (files: Iterable<File>): NamedFile[] =>
  [...files].map((file) => ({ name: file.webkitRelativePath || file.name, file }));

const fileOf = (entry: FileSystemFileEntry): Promise<File> =>
  new Promise((resolve, reject) => entry.file(resolve, reject));

/** A reader gives at most 100 entries at a time, and none at the end. */
const childrenOf = async (folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> => {
  const reader = folder.createReader();
  const next = () => new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
  const all: FileSystemEntry[] = [];
  for (let some = await next(); some.length > 0; some = await next()) all.push(...some);
  return all.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
};

const filesIn = async (entry: FileSystemEntry): Promise<NamedFile[]> => {
  if (entry.isFile)
    return [{ name: entry.fullPath.replace(/^\//, ''), file: await fileOf(entry as FileSystemFileEntry) }];
  const found: NamedFile[] = [];
  for (const child of await childrenOf(entry as FileSystemDirectoryEntry))
    found.push(...(await filesIn(child)));
  return found;
};

/** The files of a drop or a paste, folders included. What it holds must be read before the event is over. */
export const filesOfTransfer = async ({ items, files }: DataTransfer): Promise<NamedFile[]> => {
  const dropped = [...items].map((item) => (item.kind === 'file' ? item.webkitGetAsEntry() : null));
  const roots = dropped.filter((entry) => entry !== null);
  if (roots.length === 0) return namedFiles(files);
  const lists: NamedFile[][] = [];
  for (const root of roots) lists.push(await filesIn(root));
  return lists.flat();
};
