import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyInstance {
    /** The methods of the routes at a path; empty where there is nothing. */
    allowedMethods(path: string): string[];
  }
}

const fits = (pattern: readonly string[], path: readonly string[]): boolean =>
  pattern.length === path.length && pattern.every((part, i) => part.startsWith(':') || part === path[i]);

/** `/v1/` is the same as `/v1`. */
export const withoutEndSlash = (path: string): string => (path.endsWith('/') ? path.slice(0, -1) : path);

const partsOf = (path: string): string[] => withoutEndSlash(path).split('/');

/** Notes every route that is added from now on. The router itself says 404 for a method that a path lacks. */
export const noteMethods = (server: FastifyInstance): void => {
  const routes: { readonly parts: string[]; readonly methods: string[] }[] = [];
  server.addHook('onRoute', ({ url, method }) => {
    // A wildcard stands for files, and Nest adds one for addresses that lead nowhere. People open `/`; a program that
    // sends something there is told where tasks go.
    if (url !== '/' && !url.includes('*')) routes.push({ parts: partsOf(url), methods: [method].flat() });
  });
  server.decorate('allowedMethods', (path: string) => {
    const wanted = partsOf(path);
    const fitting = routes.filter(({ parts }) => fits(parts, wanted));
    return [...new Set(fitting.flatMap(({ methods }) => methods))].sort();
  });
};
