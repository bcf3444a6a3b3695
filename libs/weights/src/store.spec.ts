import { describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { defaultModel, defaultVariant } from '#models';
import { placesOf, weightsPath } from './store.js';

const folder = join('models', 'here');

describe('placesOf', () => {
  it('names a file by its hash', () => {
    expect(placesOf('ab', folder)).toEqual([weightsPath('ab', folder)]);
  });

  it('includes the former name of the default model', () => {
    const sha256 = defaultVariant(defaultModel).sha256 ?? '';

    expect(placesOf(sha256, folder)).toEqual([
      weightsPath(sha256, folder),
      join(folder, 'isnet-general-use-fp16.onnx'),
    ]);
  });
});
