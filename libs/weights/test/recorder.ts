import type { Progress } from '../src/index.js';

/** A progress that records its calls. */
export const recorder = (): Progress & { readonly lines: string[] } => {
  const lines: string[] = [];

  return {
    lines,
    start: (label, totalBytes) => {
      lines.push(`start ${label}, ${totalBytes}`);
      return { update: (bytes) => lines.push(`update ${bytes}`), done: () => lines.push('done') };
    },
    note: (line) => lines.push(line),
  };
};
