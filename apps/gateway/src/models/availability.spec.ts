import { describe, expect, it } from '@jest/globals';
import { catalogue, defaultModel } from '#models';
import { createAvailability, offeredModels } from './availability.js';

const setUp = () => {
  const state = { served: new Set([defaultModel.air]), asked: 0, nowMs: 0 };
  const look = async () => {
    state.asked++;
    return state.served;
  };
  return { state, ...createAvailability(look, new Set(), () => state.nowMs) };
};

describe('a known model', () => {
  it('is taken while it is served, and looked up once a second', async () => {
    const { state, require } = setUp();
    for (let i = 0; i < 10; i++) await require(defaultModel);
    expect(state.asked).toBe(1);
    state.nowMs += 1_001;
    await require(defaultModel);
    expect(state.asked).toBe(2);
  });

  it('is refused with the way to install it when nobody serves it', async () => {
    const { require } = setUp();
    await expect(require({ ...defaultModel, air: 'acme:1@1' })).rejects.toMatchObject({
      code: 'modelUnavailable',
      message: expect.stringContaining('npx clearcut models pull acme:1@1'),
      details: { parameter: 'model', allowedValues: [defaultModel.air] },
    });
  });

  it('is taken as soon as a worker has come', async () => {
    const { state, require } = setUp();
    state.served = new Set();
    await expect(require(defaultModel)).rejects.toMatchObject({ code: 'modelUnavailable' });
    state.served = new Set([defaultModel.air]);
    await expect(require(defaultModel)).resolves.toBeUndefined();
  });
});

describe('an offered model', () => {
  const nobody = async () => new Set<string>();

  it.each([defaultModel.air, defaultModel.slug])(
    'is taken by the name %s although nobody serves it',
    async (name) => {
      const { require } = createAvailability(nobody, offeredModels(catalogue, [name]));
      await expect(require(defaultModel)).resolves.toBeUndefined();
      await expect(require({ ...defaultModel, air: 'acme:1@1' })).rejects.toMatchObject({
        details: { allowedValues: [defaultModel.air] },
      });
    },
  );

  it('must be in the catalogue', () => {
    expect(() => offeredModels(catalogue, ['acme:9@9'])).toThrow(
      'OFFERED_MODELS names acme:9@9, which the catalogue does not know.',
    );
  });
});
