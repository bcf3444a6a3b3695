import { readdir, readFile, readlink } from 'node:fs/promises';

/** The sockets of this machine that lead to that port, by their inodes. */
const socketsTo = async (port: number): Promise<ReadonlySet<string>> => {
  const lines = (await readFile('/proc/net/tcp', 'utf8')).trim().split('\n').slice(1);
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const fields = lines.map((line) => line.trim().split(/\s+/));
  return new Set(fields.flatMap((each) => (each[2]?.endsWith(`:${hex}`) ? `socket:[${each[9]}]` : [])));
};

/** How many connections of a process lead to that port. */
export const countConnections = async (pid: number | undefined, port: number): Promise<number> => {
  const sockets = await socketsTo(port);
  const folder = `/proc/${pid}/fd`;
  const links = (await readdir(folder)).map((fd) => readlink(`${folder}/${fd}`).catch(() => ''));
  return (await Promise.all(links)).filter((link) => sockets.has(link)).length;
};
