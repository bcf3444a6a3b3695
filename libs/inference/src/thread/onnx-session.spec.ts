import { describe, expect, it } from '@jest/globals';
import { toSessionOptions } from './onnx-session.js';

const withoutSpinning = { session: { intra_op: { allow_spinning: '0' } } };

describe('the options of a session', () => {
  it('give the CPU all threads, which do not spin while they wait for each other', () => {
    const { intraOpNumThreads, extra } = toSessionOptions({ provider: 'cpu', gpu: 0, intraOpThreads: 8 });
    expect([intraOpNumThreads, extra]).toEqual([8, withoutSpinning]);
  });

  it('give CUDA two threads at most, which do not spin while they wait for the card', () => {
    const of = (intraOpThreads: number) => toSessionOptions({ provider: 'cuda', gpu: 1, intraOpThreads });
    expect(of(8)).toMatchObject({
      executionProviders: [{ name: 'cuda', deviceId: 1 }, 'cpu'],
      intraOpNumThreads: 2,
      extra: withoutSpinning,
    });
    expect(of(1).intraOpNumThreads).toBe(1);
  });
});
