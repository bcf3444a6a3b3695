import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { homesOf } from './place.js';

const homeWithData = (dataDir: string): { home: string; place: number } | undefined => {
  const homes = homesOf(dataDir);
  const place = homes.findIndex((home) => existsSync(join(home, 'database')));
  const home = homes[place];
  return home === undefined ? undefined : { home, place };
};

/** Whether the data folder has a cluster, sound or not. */
export const hasCluster = (dataDir: string): boolean => homeWithData(dataDir) !== undefined;

/**
 * Moves the cluster of one data folder to another that has none, within the same disk. No server may run on it.
 * Does nothing when there is none.
 */
export function moveCluster(from: string, to: string): void {
  const found = homeWithData(from);
  if (!found) return;
  mkdirSync(to, { recursive: true });
  const target = homesOf(to)[found.place] ?? join(to, 'postgres');
  // A home without a cluster holds logs at most.
  if (!existsSync(join(target, 'database'))) rmSync(target, { recursive: true, force: true });
  renameSync(found.home, target);
}

/** Deletes the cluster of a data folder. No server may run on it. */
export function removeCluster(dataDir: string): void {
  for (const home of homesOf(dataDir)) rmSync(home, { recursive: true, force: true });
}
