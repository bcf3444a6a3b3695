import { TaskError } from '#contract';
import type { FastifyInstance } from 'fastify';
import type { Door } from '../doors/door.js';

declare module 'fastify' {
  interface FastifyInstance {
    /** The methods of the routes at a path; empty where there is nothing. */
    allowedMethods(path: string): string[];
    /** The door whose form of errors the caller of a path expects. */
    doorAt(path: string): Door | undefined;
  }
}

const fits = (pattern: readonly string[], path: readonly string[]): boolean =>
  pattern.length === path.length && pattern.every((part, i) => part.startsWith(':') || part === path[i]);

/** How many leading parts of a path a route has, and how many of these are no parameters. */
const sharedParts = (pattern: readonly string[], path: readonly string[]) => {
  const end = pattern.findIndex((part, i) => i >= path.length || (!part.startsWith(':') && part !== path[i]));
  const shared = pattern.slice(0, end < 0 ? undefined : end);
  return { all: shared.length, literal: shared.filter((part) => !part.startsWith(':')).length };
};

/** `/v1/` is the same as `/v1`. */
export const withoutEndSlash = (path: string): string => (path.endsWith('/') ? path.slice(0, -1) : path);

const partsOf = (path: string): string[] => withoutEndSlash(path).split('/');

type Route = {
  readonly parts: readonly string[];
  readonly methods: readonly string[];
  readonly door: Door | undefined;
};

/** The routes that a path comes nearest to decide. Parameters alone are no reason, since they fit anything. */
const doorAbove = (routes: readonly Route[], path: readonly string[]): Door | undefined => {
  const shared = routes.map(({ door, parts }) => ({ door, ...sharedParts(parts, path) }));
  const ours = shared.filter(({ door }) => !door);
  const [all, literal] = [
    Math.max(...ours.map((one) => one.all)),
    Math.max(...ours.map((one) => one.literal)),
  ];
  return shared
    .filter((one) => one.door && (one.literal > literal || one.all > all + 1))
    .toSorted((a, b) => b.all - a.all)[0]?.door;
};

export const methodNotAllowed = (methods: readonly string[]): TaskError => {
  const message = `This address takes ${methods.join(', ')} only.`;
  return new TaskError('methodNotAllowed', message, { allowedValues: methods });
};

/** Notes every route that is added from now on. The router itself says 404 for a method that a path lacks. */
export const noteMethods = (server: FastifyInstance): void => {
  const routes: Route[] = [];
  server.addHook('onRoute', ({ url, method, config }) => {
    // A wildcard stands for files, and Nest adds one for addresses that lead nowhere. People open `/`; a program that
    // sends something there is told where tasks go.
    if (url === '/' || url.includes('*')) return;
    // Fastify adds HEAD to each GET.
    const methods = [method].flat().filter((each) => !(each === 'HEAD' && config?.refusesHead));
    routes.push({ parts: partsOf(url), methods, door: config?.door });
  });
  server.decorate('allowedMethods', (path: string) => {
    const wanted = partsOf(path);
    const fitting = routes.filter(({ parts }) => fits(parts, wanted));
    return [...new Set(fitting.flatMap(({ methods }) => methods))].sort();
  });
  server.decorate('doorAt', (path: string) => {
    const wanted = partsOf(path);
    const fitting = routes.filter(({ parts }) => fits(parts, wanted));
    return fitting.length > 0 ? fitting.find(({ door }) => door)?.door : doorAbove(routes, wanted);
  });
};
