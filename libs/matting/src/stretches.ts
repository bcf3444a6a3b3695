/** Calls `visit` with the begin and the end of each stretch of the given value. */
export const eachStretch = (
  data: Uint8Array,
  value: number,
  visit: (begin: number, end: number) => void,
): void => {
  for (let end = 0, at = data.indexOf(value); at >= 0; at = data.indexOf(value, end)) {
    for (end = at + 1; data[end] === value;) end++;
    visit(at, end);
  }
};
