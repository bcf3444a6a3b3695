import { wordsOf } from '#contract';
import type { z } from 'zod';
import { Environment } from './environment.js';

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

type Parsed = z.infer<typeof Environment>;
export type Config = Readonly<Parsed & { PUBLIC_URL: string }>;

const hostInUrl = (host: string) => {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
};

/**
 * Reads the whole environment once.
 * @throws ConfigError whose message names every fault
 */
export const readConfig = (env: NodeJS.ProcessEnv = process.env): Config => {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = Environment.safeParse(present);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')} ${wordsOf(issue)}`);
    throw new ConfigError(`The environment is not usable: ${faults.join('; ')}.`);
  }
  const { PUBLIC_URL = `http://${hostInUrl(parsed.data.HOST)}:${parsed.data.PORT}`, ...rest } = parsed.data;
  return Object.freeze({ ...rest, PUBLIC_URL });
};

/** For the programs under the supervisor, which always gives them a database. */
export const readServiceConfig = (env?: NodeJS.ProcessEnv): Config & { readonly DATABASE_URL: string } => {
  const config = readConfig(env);
  const { DATABASE_URL } = config;
  if (!DATABASE_URL) throw new ConfigError('The environment is not usable: DATABASE_URL must be set.');
  return Object.freeze({ ...config, DATABASE_URL });
};
export type ServiceConfig = ReturnType<typeof readServiceConfig>;

type DatabaseUrls = Pick<ServiceConfig, 'DATABASE_URL' | 'DATABASE_DIRECT_URL'>;

/** The address for what needs a session of Postgres. */
export const directUrl = ({ DATABASE_URL, DATABASE_DIRECT_URL }: DatabaseUrls): string =>
  DATABASE_DIRECT_URL ?? DATABASE_URL;
