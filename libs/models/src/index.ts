export { catalogue, defaultModel, type Catalogue } from './catalogue.js';
export { Model, type NpmWeights, type Weights } from './model.js';
