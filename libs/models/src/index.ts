export { foreignModel } from './foreign.js';
export { catalogue, defaultModel, defaultModelOf, findModel } from './catalogue.js';
export { loadCatalogue, type CatalogueFile } from './load-catalogue.js';
export { defaultVariant, Model, type Catalogue, type Figure } from './model.js';
export type { Licence, NpmSource, Source, Variant } from './variant.js';
export { costOf, withoutNetwork } from './price.js';
export { slugOfRembg } from './rembg-names.js';
