import { describe, expect, it } from '@jest/globals';
import { defaultModel } from '#models';
import { createAvailability } from './availability.js';

const setUp = () => {
  const state = { served: new Set([defaultModel.air]), asked: 0, nowMs: 0 };
  const look = async () => {
    state.asked++;
    return state.served;
  };
  return { state, ...createAvailability(look, () => state.nowMs) };
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
