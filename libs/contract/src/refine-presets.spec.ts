import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { parseTask } from './parse-task.js';
import { toRemoval } from './removal.js';

const finishingOf = (fields: object) => {
  const taskUUID = randomUUID();
  const task = parseTask({
    taskType: 'removeBackground',
    taskUUID,
    model: 'runware:109@1',
    inputImage: taskUUID,
    ...fields,
  });
  if (task.taskType !== 'removeBackground') throw new Error(`this is ${task.taskType}`);
  return toRemoval(task).finishing;
};

describe('refine.preset', () => {
  it.each(['product', 'hair', 'thin'])('%s solves the alpha of the edge', (preset) => {
    expect(finishingOf({ refine: { preset } }).matting).not.toBeNull();
  });

  it('none changes nothing, and neither does one that is null', () => {
    expect(finishingOf({ refine: { preset: 'none' } })).toEqual(finishingOf({}));
    expect(finishingOf({ refine: { preset: null } })).toEqual(finishingOf({}));
  });

  it('makes the same work as its fields', () => {
    const fields = {
      alphaMatting: true,
      alphaMattingForegroundThreshold: 250,
      alphaMattingBackgroundThreshold: 5,
      alphaMattingErodeSize: 20,
    };
    expect(finishingOf({ refine: { preset: 'hair' } })).toEqual(finishingOf({ refine: fields }));
  });

  it('gives way to other fields of refine', () => {
    const refine = { preset: 'hair', alphaMattingErodeSize: 40, feather: 2 };
    const { matting, feather } = finishingOf({ refine });
    expect(matting).toMatchObject({ foregroundThreshold: 250, erodeSize: 40 });
    expect(feather).toBe(2);
    expect(finishingOf({ refine: { preset: 'hair', alphaMatting: false } }).matting).toBeNull();
  });

  it('is named when settings ask for matting too, and when it is unknown', () => {
    const both = { settings: { alphaMatting: true }, refine: { preset: 'hair' } };
    expect(() => finishingOf(both)).toThrow("'settings.alphaMatting' and 'refine.preset' ask for the same");
    expect(() => finishingOf({ refine: { preset: 'fur' } })).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ parameter: 'refine.preset' }) }),
    );
  });
});
