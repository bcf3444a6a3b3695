import { didYouMean, requireSettings, TaskError, type Removal } from '#contract';
import type { Owner } from '#database';
import { defaultModelOf, findModel, foreignModel, type Catalogue, type Model } from '#models';
import type { Availability } from '../models/availability.js';

type Needs = { readonly availability: Availability; readonly catalogue: Catalogue };

const explainUnknown = (catalogue: Catalogue, name: string): string => {
  const foreign = foreignModel(name);
  if (foreign) {
    const { air, name: ours } = findModel(catalogue, foreign.nearest) ?? defaultModelOf(catalogue);
    return `This service does not have ${foreign.name} (${foreign.air}). The nearest model here is '${air}' (${ours}).`;
  }
  const known = [...catalogue.values()].flatMap(({ air, slug }) => [air, slug]);
  return `There is no such model.${didYouMean(name, known)}`;
};

/** @throws TaskError permissionDenied when the key is for other models */
const requireAllowed = ({ name, key: { models } }: Owner, { air }: Model) => {
  if (models.length === 0 || models.includes(air)) return;
  const message = `The key ${name} may not use ${air}, but ${models.join(', ')}.`;
  throw new TaskError('permissionDenied', message, { parameter: 'model', allowedValues: models });
};

/** The model that a task names, if the key may use it, it is served, and it takes the task's settings. */
export const chooseModel = async (
  { catalogue, availability }: Needs,
  owner: Owner,
  removal: Removal,
): Promise<Model> => {
  const model = findModel(catalogue, removal.model);
  if (!model) {
    const details = { parameter: 'model', allowedValues: [...catalogue.keys()] };
    throw new TaskError('invalidModel', explainUnknown(catalogue, removal.model), details);
  }
  requireAllowed(owner, model);
  await availability.require(model);
  requireSettings(model, removal);
  return model;
};
