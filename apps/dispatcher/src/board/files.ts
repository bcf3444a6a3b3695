import { readdir, readFile } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';

export type BoardFile = { readonly type: string; readonly body: Uint8Array };

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
};

/** Serves the scripts, styles and pictures below a folder by their paths there; only what is listed can be had. */
export const openFiles = async (
  route: string,
  folder: string,
): Promise<(path: string) => Promise<BoardFile | undefined>> => {
  const files = new Map<string, { readonly type: string; readonly path: string }>();
  for (const name of await readdir(folder, { recursive: true })) {
    const type = types[extname(name)];
    if (type) files.set(`${route}/${name.replaceAll(sep, '/')}`, { type, path: join(folder, name) });
  }
  return async (path) => {
    const file = files.get(path);
    return file && { type: file.type, body: await readFile(file.path) };
  };
};
