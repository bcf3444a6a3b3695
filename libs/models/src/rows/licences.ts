import type { Licence } from '../variant.js';

// Licences as the publishers state them.

export const isnetLicence: Licence = {
  name: 'Apache-2.0',
  terms:
    'The code is Apache-2.0; the training data, DIS5K, is for non-commercial research: check that your use is covered.',
  commercial: 'judge',
};

export const birefnetLicence: Licence = {
  name: 'MIT',
  terms:
    'Code and weights are MIT; the training data, such as DIS5K, has research terms of its own: check that your use is covered.',
  commercial: 'judge',
};

export const ben2Licence: Licence = {
  name: 'MIT',
  terms:
    'The base model is MIT, and its makers sell a larger one; part of the training data, DIS5K, is for non-commercial research: check that your use is covered.',
  commercial: 'judge',
};

export const rmbg14Licence: Licence = {
  name: 'bria-rmbg-1.4',
  terms:
    'Non-commercial use only; commercial use needs an agreement with BRIA AI (https://huggingface.co/briaai/RMBG-1.4).',
  commercial: 'agreement',
};

export const rmbg2Licence: Licence = {
  name: 'CC BY-NC 4.0',
  terms:
    'Non-commercial use only; commercial use needs an agreement with BRIA AI (https://huggingface.co/briaai/RMBG-2.0).',
  commercial: 'agreement',
};
