/** An authentication task must end within this many bytes of the body. */
export const KEY_BYTES = 16 * 1024;

/** Byte order mark, white space and bracket before the first object of an array. */
const opening = /^\uFEFF?[ \t\r\n]*\[[ \t\r\n]*(?=\{)/;

/** @returns the end of the object that begins at `start`; undefined when it is cut off */
const endOfObject = (text: string, start: number): number | undefined => {
  let depth = 0;
  let isInString = false;
  for (let i = start; i < text.length; i++) {
    const character = text[i];
    if (isInString && character === '\\') i++;
    else if (character === '"') isInString = !isInString;
    else if (isInString) continue;
    else if (character === '{') depth++;
    else if (character === '}' && --depth === 0) return i + 1;
  }
  return undefined;
};

/**
 * The first element of a body's array, from the beginning of the body.
 *
 * @returns undefined when it is no whole object within the first 16 kB
 */
export const firstTask = (beginning: Buffer): unknown => {
  const text = beginning.subarray(0, KEY_BYTES).toString();
  const start = opening.exec(text)?.[0].length;
  const end = start === undefined ? undefined : endOfObject(text, start);
  if (end === undefined) return undefined;
  try {
    return JSON.parse(text.slice(start, end));
  } catch {
    return undefined;
  }
};
