import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from '#imaging';

const WIDTH = 1200;
const HEIGHT = 800;

/** Draws a bright ball on a dark slope, with grain, so that the file is as large as a photo's. */
const draw = (): Uint8Array => {
  const data = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const at = (y * WIDTH + x) * 3;
      const isBall = (x - WIDTH / 2) ** 2 + (y - HEIGHT / 2) ** 2 < (HEIGHT / 3) ** 2;
      const grain = (Math.imul(at + 1, 2_654_435_761) >>> 28) - 8;
      const light = isBall ? 230 - y / 20 : 60 + y / 12 + x / 40;
      data.set([light + grain, light * 0.9 + grain, light * 0.7 + grain], at);
    }
  }
  return data;
};

/** Draws a photo into a file, works on it, and deletes it. */
export const withSamplePhoto = async <T>(work: (path: string) => Promise<T>): Promise<T> => {
  const folder = await mkdtemp(join(tmpdir(), 'clearcut-bench-'));
  try {
    const path = join(folder, 'sample.jpg');
    const pixels = { data: draw(), width: WIDTH, height: HEIGHT, channels: 3 } as const;
    await writeFile(path, await encode(pixels, { format: 'JPG', quality: 92 }));
    return await work(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
