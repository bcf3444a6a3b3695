import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { catalogue, type Catalogue, type Model, type Variant } from '#models';
import sharp from 'sharp';
import { removal } from '#test/client';
import { installGraph } from '#test/install-graph';
import { toPng, type Picture } from '#test/pictures';
import { referenceAlpha } from '#test/reference-removal';
import { startService, type Service } from '#test/service';

/** Every file of every row as a model of its own: [name, AIR id in the test, variant]. */
const files = [...catalogue.values()].flatMap((model, i) =>
  model.variants.map((variant, j): [string, string, Model, Variant] => [
    `${model.air} ${variant.name}`,
    `row:${i}@${j}`,
    model,
    variant,
  ]),
);

/** ISNet's graphs have twelve outputs. Only the first one counts. */
const sparesOf = ({ name }: Variant) => (name.startsWith('isnet') ? 11 : 0);

/** A different weight per colour, so that swapped channels show. */
const weights = [1.7, 0.9, 0.4] as const;

/**
 * Creates graphs with exactly the tensors of the rows. If a row applies no activation, the graph ends with
 * it.
 */
const makeCatalogue = async (modelsDir: string): Promise<Catalogue> => {
  const rows = files.map(async ([, air, model, variant]): Promise<[string, Model]> => {
    const sigmoid = variant.output.normalise === 'none';
    const spareOutputs = sparesOf(variant);
    const installed = await installGraph(modelsDir, variant, { sigmoid, spareOutputs, weights });
    return [air, { ...model, air, slug: air.replaceAll(/\W/g, '-'), variants: [installed] }];
  });
  return new Map(await Promise.all(rows));
};

/** Different colours at every pixel. The maximum is below 255, so that the division by it shows. */
const picture = (): Picture => {
  const [width, height] = [45, 31];
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const bump = Math.exp(-((x - 20) ** 2 + (y - 14) ** 2) / 60);
      data.set([20 + 220 * bump, 240 * (x / width) * bump, 90 + y], (y * width + x) * 3);
    }
  return { data, width, height, channels: 3 };
};

describe('the catalogue', () => {
  let service: Service;
  const photo = picture();
  const references = new Map<string, Uint8Array>();
  const referenceOf = (variant: Variant): Uint8Array => {
    const key = JSON.stringify([variant.input.size, variant.input.mean, variant.input.std, variant.output]);
    const known = references.get(key) ?? referenceAlpha(variant, photo, weights);
    references.set(key, known);
    return known;
  };

  beforeAll(async () => {
    service = await startService({ makeCatalogue, env: { SESSION_MEMORY_MB: '500' } });
    await service.worker.start();
  }, 120_000);
  afterAll(() => service.stop());

  it.each(files)('%s runs as its row describes', async (_, air, __, variant) => {
    const task = removal((await toPng(photo)).toString('base64'), { model: air, outputType: 'base64Data' });
    const { data, errors } = await service.post([task]);
    expect(errors).toEqual([]);

    const png = Buffer.from(String(data[0]?.['imageBase64Data']), 'base64');
    const { data: rgba, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, info.channels]).toEqual([photo.width, photo.height, 4]);
    const expected = referenceOf(variant);
    // Half precision has eleven bits, so a byte may differ by one more.
    const tolerance = variant.input.type === 'float16' || variant.output.type === 'float16' ? 2 : 1;
    const worst = expected.reduce(
      (most, alpha, i) => Math.max(most, Math.abs(alpha - (rgba[4 * i + 3] ?? 0))),
      0,
    );
    expect(worst).toBeLessThanOrEqual(tolerance);
    expect(new Set(expected).size).toBeGreaterThan(100);
    for (let i = 0; i < expected.length; i++) {
      if (!rgba[4 * i + 3]) continue;
      expect([...rgba.subarray(4 * i, 4 * i + 3)]).toEqual([...photo.data.subarray(3 * i, 3 * i + 3)]);
    }
  });

  it('has sixteen models, from the page or extra, each with a file', () => {
    expect(catalogue.size).toBe(16);
    expect(files.length).toBeGreaterThan(16);
  });
});
