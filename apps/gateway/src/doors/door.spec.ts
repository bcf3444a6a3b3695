import { describe, expect, it } from '@jest/globals';
import { renamed } from './door.js';

const names = { inputImage: 'image_file', 'settings.rgba': 'bg_color', refine: 'input.refine' };

describe('an error in the words of a caller', () => {
  it.each([
    ['inputImage', "'inputImage' is broken.", 'image_file', "'image_file' is broken."],
    ['settings.rgba', "'rgba' is no colour.", 'bg_color', "'bg_color' is no colour."],
    ['settings.rgba', "'settings.rgba' is no colour.", 'bg_color', "'bg_color' is no colour."],
    [
      'refine.levels.low',
      "'low' is too large.",
      'input.refine.levels.low',
      "'input.refine.levels.low' is too large.",
    ],
    [
      'ttl',
      "'ttl' needs 'outputType', but 'inputImage' has none.",
      'ttl',
      "'ttl' needs 'outputType', but 'image_file' has none.",
    ],
    ['settings.trim', "'trim' is new.", 'settings.trim', "'trim' is new."],
  ])('about %s that says %s', (parameter, message, theirs, words) => {
    expect(renamed({ parameter, message }, names)).toEqual({ parameter: theirs, message: words });
  });

  it('needs no parameter', () => {
    expect(renamed({ message: "The 'rgba' of a task." }, names)).toEqual({
      message: "The 'rgba' of a task.",
    });
  });
});
