import { describe, expect, it } from '@jest/globals';
import { parseTask, routingOf, TaskError } from './index.js';

const taskUUID = '19abad0d-6ec5-40a6-b7af-203775fa5b7f';
const removal = (more: Record<string, unknown> = {}) => ({
  taskType: 'removeBackground',
  taskUUID,
  inputImage: 'aGVsbG8=',
  model: 'runware:109@1',
  ...more,
});
const errorOf = (raw: unknown) => {
  try {
    return { accepted: parseTask(raw) };
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    return { code: error.code, message: error.message, ...error.details };
  }
};

describe('parseTask', () => {
  it('fills in the defaults', () => {
    expect(parseTask(removal())).toEqual({
      ...removal(),
      outputType: 'URL',
      outputFormat: 'PNG',
      outputQuality: 95,
      deliveryMethod: 'sync',
      includeCost: false,
    });
  });

  it.each([
    ['png', 'PNG'],
    ['jpg', 'JPG'],
    ['jpeg', 'JPG'],
    ['JPEG', 'JPG'],
    ['Webp', 'WEBP'],
  ])('reads the outputFormat %s as %s', (sent, outputFormat) => {
    expect(parseTask(removal({ outputFormat: sent }))).toMatchObject({ outputFormat });
  });

  it.each([
    '19ABAD0D-6EC5-40A6-B7AF-203775FA5B7F',
    '01890a5d-ac96-774b-bcce-b302099a8057',
    '00000000-0000-0000-0000-000000000000',
  ])('accepts the taskUUID %s and keeps it as sent', (uuid) => {
    expect(parseTask(removal({ taskUUID: uuid }))).toMatchObject({ taskUUID: uuid });
  });

  it('names the missing, unknown or invalid parameter', () => {
    expect(errorOf({ taskType: 'getTaskDetails' })).toEqual({
      code: 'missingTaskUUID',
      message: "Missing required parameter 'taskUUID'.",
      parameter: 'taskUUID',
    });
    expect(errorOf(removal({ size: 60 }))).toEqual({
      code: 'unsupportedParameter',
      message: "The parameter 'size' is not supported.",
      parameter: 'size',
    });
    expect(errorOf(removal({ inputImage: null }))).toMatchObject({
      code: 'invalidInputImage',
      parameter: 'inputImage',
      type: 'string',
    });
  });

  it.each([19, 100, 50.5, '90', null])('names the bounds of outputQuality when it is %j', (outputQuality) => {
    expect(errorOf(removal({ outputQuality }))).toMatchObject({
      code: 'invalidOutputQuality',
      parameter: 'outputQuality',
      type: 'integer',
      min: 20,
      max: 99,
    });
  });

  it('gives no bounds for a parameter that is not a number', () => {
    const error = errorOf(removal({ inputImage: '' }));
    expect(error).toMatchObject({ code: 'invalidInputImage' });
    expect(error).not.toHaveProperty('min');
  });

  it('reports the taskUUID before other parameters', () => {
    expect(errorOf(removal({ taskUUID: 7, outputQuality: 1 }))).toMatchObject({ code: 'invalidTaskUUID' });
  });

  it.each(['toString', '__proto__', 'RemoveBackground', ''])('refuses the taskType %j', (taskType) => {
    expect(errorOf({ taskType })).toMatchObject({ code: 'unsupportedTaskType', parameter: 'taskType' });
  });
});

describe('routingOf', () => {
  it('finds the routing keys of any value that a client sent', () => {
    expect(routingOf({ taskType: 'a', taskUUID: 'b', more: 1 })).toEqual({ taskType: 'a', taskUUID: 'b' });
    expect(routingOf({ taskType: 1, taskUUID: 'b' })).toEqual({ taskUUID: 'b' });
    for (const raw of [null, undefined, 1, 'a', []]) expect(routingOf(raw)).toEqual({});
  });
});
