import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { parseJobPlaces } from '#config';
import { loadPresets } from '#contract';
import { loadCatalogue } from '#models';
import { parse } from 'yaml';
import { environmentNames } from '#test/environment-names';

const document: object = JSON.parse(readFileSync('openapi.json', 'utf8')) as object;
const ajv = new Ajv2020({ strict: false, discriminator: false });
addFormats.default(ajv);
ajv.addSchema(document, 'openapi.json');

const validators = new Map<string, ValidateFunction>();
const check = (schema: string, value: unknown): void => {
  const validate =
    validators.get(schema) ?? ajv.compile({ $ref: `openapi.json#/components/schemas/${schema}` });
  validators.set(schema, validate);
  if (!validate(value)) throw new Error(`no ${schema}: ${ajv.errorsText(validate.errors)}`);
};

const isTask = (value: object) => 'taskType' in value && !('data' in value) && !('errors' in value);

const isJob = (data: unknown) => Array.isArray(data) && data.some((item: object) => 'jobUUID' in item);

/** Validates JSON as what it looks like: tasks, an answer, a job, a webhook, a file of models, presets or places, or the readiness of a service. */
export const checkJson = (code: string): void => {
  const value = JSON.parse(code) as object;
  if (Array.isArray(value)) return value.forEach((task) => check('Task', task));
  if (isTask(value)) return check('Task', value);
  if ('images' in value) return check('JobRequest', value);
  if ('taskType' in value) return check('EndedTask', value);
  if ('data' in value && isJob(value.data)) return check('JobAnswer', value);
  if ('data' in value || 'errors' in value) return check('Answer', value);
  if ('models' in value)
    return void loadCatalogue({ text: code, name: 'models.json', url: 'file:///srv/models.json' });
  if ('presets' in value) return void loadPresets({ text: code, name: 'presets.json' });
  if ('places' in value) return void parseJobPlaces(code, 'places.json');
  throw new Error(
    'JSON in the pages is a task, an answer, a webhook, or a file of models, presets or places',
  );
};

type Compose = { readonly services?: Record<string, { readonly environment?: Record<string, unknown> }> };

/** Validates a part of a Compose file against ours. Other YAML is only parsed. */
export const checkYaml = (code: string): void => {
  const { services = {} } = (parse(code) ?? {}) as Compose;
  const ours = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as Compose;
  for (const [name, { environment = {} }] of Object.entries(services)) {
    const isOurs = Object.hasOwn(ours.services ?? {}, name);
    const unknown = Object.keys(environment).filter((variable) => !environmentNames.includes(variable));
    if (isOurs && unknown.length > 0)
      throw new Error(`${name} sets unknown variables: ${unknown.join(', ')}`);
  }
};

/** Validates lines NAME=value: each is a setting, or a variable of docker-compose.yml. */
export const checkEnv = (code: string): void => {
  const known = readFileSync('.env.example', 'utf8');
  for (const line of code.split('\n').filter((each) => each !== '' && !each.startsWith('#'))) {
    const [, name] = /^([A-Z][A-Z0-9_]*)=/.exec(line) ?? [];
    if (name === undefined) throw new Error(`${line} is no line NAME=value`);
    const isKnown = environmentNames.includes(name) || new RegExp(`^(# )?${name}=`, 'm').test(known);
    if (!isKnown) throw new Error(`there is no setting ${name}`);
  }
};
