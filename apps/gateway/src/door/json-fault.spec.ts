import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { jsonFault } from './json-fault.js';

const isJson = (text: string) => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

it('finds no fault in JSON', () => {
  fc.assert(fc.property(fc.json(), (text) => expect(jsonFault(text)).toBeUndefined()));
  expect(jsonFault('\uFEFF [{"a" : [ ] , "b":{}, "c":-0.5e+3, "d":"\\u00e4\\n"}]\n')).toBeUndefined();
});

it('finds a fault in all that JSON.parse refuses, and in nothing else', () => {
  const pieces = [
    '[',
    ']',
    '{',
    '}',
    ',',
    ':',
    '"a"',
    '"',
    '\\',
    '1',
    '-',
    '0',
    '.5',
    'true',
    'nul',
    ' ',
    '\n',
  ];
  const text = fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, (sent) => expect([sent, jsonFault(sent) === undefined]).toEqual([sent, isJson(sent)])),
    { numRuns: 5_000 },
  );
});

it.each([
  ['[{"taskType":"ping"},]', "line 1, column 22, ']' follows a comma; remove the comma"],
  ['[{"taskType":"ping",}]', "line 1, column 21, '}' follows a comma; remove the comma"],
  ['[\n  {"taskType" "ping"}\n]', 'line 2, column 15, "\\"" stands where \':\' is expected'],
  ["[{'taskType':1}]", "line 1, column 3, \"'\" stands where a name in double quotes or '}' is expected"],
  ['[{"taskType":', 'line 1, column 14, the text ends where a value is expected'],
  ['[{"taskType":"ping', 'line 1, column 14, a string begins that does not end'],
  ['["a\nb"]', 'line 1, column 4, a string has a control character that is not escaped'],
  ['["\\x"]', 'line 1, column 3, a string has an unknown escape'],
  ['[1] x', 'line 1, column 5, "x" stands where the end is expected'],
  ['[NaN]', 'line 1, column 2, "N" stands where a value or \']\' is expected'],
])('says where and why %j is not JSON', (text, fault) => {
  expect(jsonFault(text)).toBe(`at ${fault}`);
});

it('reads long texts and deep ones', () => {
  expect(jsonFault(`["${'a\\n'.repeat(2_000_000)}"`)).toContain('the text ends');
  expect(jsonFault('['.repeat(100_000))).toContain('column 100001');
});
