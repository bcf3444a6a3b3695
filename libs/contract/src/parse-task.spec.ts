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
    expect(errorOf(removal({ inputImage: 7 }))).toMatchObject({
      code: 'invalidInputImage',
      parameter: 'inputImage',
      type: 'string',
    });
  });

  it.each([19, 100, 50.5, '90', []])('names the bounds of outputQuality when it is %j', (outputQuality) => {
    expect(errorOf(removal({ outputQuality }))).toMatchObject({
      code: 'invalidOutputQuality',
      parameter: 'outputQuality',
      type: 'integer',
      min: 20,
      max: 99,
    });
  });

  it('takes null for "not sent", in groups too', () => {
    const nulls = {
      rgba: null,
      outputQuality: null,
      outputType: null,
      ttl: null,
      settings: { rgba: null, alphaMatting: true },
      refine: null,
      inputs: { image: null },
    };
    const { rgba: _, ...accepted } = parseTask(removal(nulls)) as Record<string, unknown>;
    expect(accepted).toEqual({
      ...parseTask(removal()),
      settings: { alphaMatting: true },
      inputs: {},
    });
    expect(errorOf(removal({ taskUUID: null }))).toMatchObject({ code: 'missingTaskUUID' });
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['no colour', { rgba: [] }, { parameter: 'rgba', fault: 'must be an array of 4 numbers' }],
    ['a short colour', { settings: { rgba: [1, 2, 3] } }, { parameter: 'settings.rgba', fault: '4 numbers' }],
    ['a bright colour', { rgba: [256, 0, 0, 1] }, { parameter: 'rgba', fault: 'an integer from 0 to 255' }],
    ['no type', { outputType: [] }, { parameter: 'outputType', fault: 'must have at least 1 item' }],
    [
      'a wrong type in an array',
      { outputType: ['URL', 'file'] },
      { parameter: 'outputType', fault: 'must be one of URL, base64Data, dataURI' },
    ],
    ['a number as type', { outputType: 7 }, { parameter: 'outputType', fault: 'one of URL, base64Data' }],
    [
      'a wrong format',
      { outputFormat: 'GIF' },
      { parameter: 'outputFormat', fault: 'one of PNG, JPG, WEBP' },
    ],
    ['a text as flag', { includeCost: 'yes' }, { parameter: 'includeCost', fault: 'must be a boolean' }],
    [
      'a small number',
      { outputQuality: 5 },
      { parameter: 'outputQuality', fault: 'an integer from 20 to 99' },
    ],
    ['two results', { numberResults: 2 }, { parameter: 'numberResults', fault: 'must be 1' }],
    ['a text as group', { settings: 'soft' }, { parameter: 'settings', fault: 'must be an object' }],
    ['an array as group', { settings: [] }, { parameter: 'settings', fault: 'must be an object' }],
    ['no letters', { inputImage: '' }, { parameter: 'inputImage', fault: 'must not be empty' }],
    ['no UUID', { taskUUID: 'a' }, { parameter: 'taskUUID', fault: 'must be a UUID' }],
    [
      'another scheme',
      { webhookURL: 'ftp://a' },
      { parameter: 'webhookURL', fault: 'must start with http://' },
    ],
    [
      'a long address',
      { uploadEndpoint: `http://a/${'b'.repeat(4096)}` },
      { parameter: 'uploadEndpoint', fault: 'has more than 4096 characters' },
    ],
  ])('says in plain words what is wrong with %s', (_, change, { parameter, fault }) => {
    const error = errorOf(removal(change)) as { message?: string };
    expect(error).toMatchObject({ parameter, message: expect.stringContaining(String(fault)) });
    expect(error.message).toMatch(/^Invalid value for '[\w.]+': it .+\.$/);
    expect(error.message).not.toMatch(/expected|received|Invalid (option|input)|too (small|big)/i);
  });

  it.each([
    ['output_format', {}, 'outputFormat'],
    ['outputQualty', {}, 'outputQuality'],
    ['image', {}, 'inputImage'],
    ['feather', {}, 'refine.feather'],
    ['settings.alphaMating', { settings: { alphaMating: true } }, 'settings.alphaMatting'],
    ['refine.rgba', { refine: { rgba: [] } }, 'rgba'],
  ])('asks for the unknown parameter %s whether %j means %s', (parameter, change, meant) => {
    const sent = Object.keys(change).length > 0 ? change : { [parameter]: 'x' };
    expect(errorOf(removal(sent))).toMatchObject({
      code: 'unsupportedParameter',
      parameter,
      message: `The parameter '${parameter}' is not supported. Did you mean '${meant}'?`,
    });
  });

  it('asks for an unknown taskType which one is meant', () => {
    expect(errorOf({ taskType: 'removeBackgrond' })).toMatchObject({
      message: "There is no such taskType. Did you mean 'removeBackground'?",
    });
    expect(errorOf({ taskType: 'x'.repeat(1_000_000) })).toMatchObject({
      message: 'There is no such taskType.',
    });
  });

  it('gives no bounds for a parameter that is not a number', () => {
    const error = errorOf(removal({ inputImage: '' }));
    expect(error).toMatchObject({ code: 'invalidInputImage' });
    expect(error).not.toHaveProperty('min');
  });

  it('calls a parameter missing that takes one of some words and was left out', () => {
    expect(errorOf({ taskType: 'accountManagement', taskUUID })).toEqual({
      code: 'missingParameter',
      message: "Missing required parameter 'operation'.",
      parameter: 'operation',
    });
    expect(errorOf({ taskType: 'accountManagement', taskUUID, operation: 'x' })).toMatchObject({
      code: 'invalidParameter',
    });
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
