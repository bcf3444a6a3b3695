import { describe, expect, it } from '@jest/globals';
import { EventEmitter, once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { startFileServer } from '../test/file-server.js';
import { choiceFrom, content, filesIn, setUp, type Scene } from '../test/weights-folder.js';
import { sha256Of } from '../test/tiny-package.js';
import { pullAllWeights } from './index.js';
import type { Choice } from './pin.js';

const others = [Buffer.alloc(content.length, 1), Buffer.alloc(content.length, 2)];

/** Two more files, each on its own server. */
const startOthers = () =>
  Promise.all(
    others.map(async (bytes, i) => {
      const server = await startFileServer(bytes);
      const { model, variant } = choiceFrom(`${server.base}/other.onnx`, { sha256: sha256Of(bytes) });
      const choice: Choice = { model: { ...model, air: `test:${i + 2}@1`, slug: `other-${i}` }, variant };
      return { server, choice };
    }),
  );

const pull = async ({ options }: Scene, choices: readonly Choice[], changes: object = {}) => {
  const installed: string[] = [];
  const onInstalled = ({ model }: Choice) => void installed.push(model.air);
  await pullAllWeights(choices, { ...options, atOnce: 2, onInstalled, ...changes });
  return installed;
};

describe('pullAllWeights', () => {
  it('runs no more downloads at once than its limit', async () => {
    const scene = await setUp();
    const others = await startOthers();
    const go = new EventEmitter();
    for (const { server } of [scene, ...others]) server.gate = once(go, 'now');
    const pulling = pull(scene, [scene.choice, ...others.map(({ choice }) => choice)]);
    const [first, second] = others;
    while (scene.server.asked.length + (first?.server.asked.length ?? 0) < 2)
      await new Promise((resolve) => setTimeout(resolve, 10));

    expect(second?.server.asked).toEqual([]);
    go.emit('now');
    if (second) second.server.gate = undefined;

    expect(await pulling).toHaveLength(3);
    expect(await filesIn(scene.modelsDir)).toHaveLength(3);
  });

  it('fetches nothing when the disk has space for each file but not for all', async () => {
    const scene = await setUp();
    const [other] = await startOthers();
    const freeBytes = async () => content.length * 1.5;
    const choices = [scene.choice, ...(other ? [other.choice] : [])];

    await expect(pull(scene, choices, { freeBytes })).rejects.toThrow(
      `The folder ${scene.modelsDir} needs 8 MB of free disk space to fetch what is before it and other-0 (fp32), and 6 MB are free`,
    );

    expect([scene.server.asked, other?.server.asked]).toEqual([[], []]);
    expect(await readdir(scene.modelsDir)).toEqual([]);
  });

  it('fetches a file of two models once and reports both', async () => {
    const scene = await setUp();
    const { model, variant } = scene.choice;
    const twin = { model: { ...model, air: 'test:9@1', slug: 'twin' }, variant };

    expect(await pull(scene, [scene.choice, twin])).toEqual(['test:1@1', 'test:9@1']);
    expect(scene.server.asked).toHaveLength(1);
  });
});
