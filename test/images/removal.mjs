/**
 * Cuts out the mug by a running service, and fetches the picture from where it is kept.
 *
 *   node test/images/removal.mjs http://localhost:3000 <key>
 */
import { readFileSync } from 'node:fs';

const [origin = '', key = ''] = process.argv.slice(2);
const inputImage = `data:image/jpeg;base64,${readFileSync('docs/pictures/mug.jpg').toString('base64')}`;
const taskUUID = crypto.randomUUID();
const task = { taskType: 'removeBackground', taskUUID, model: 'runware:109@1', inputImage };

const answer = await fetch(`${origin}/v1`, {
  method: 'POST',
  headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
  body: JSON.stringify([task]),
});
const { data, errors } = await answer.json();
if (!data?.[0]) throw new Error(`No removal: ${JSON.stringify(errors)}`);

const image = await fetch(data[0].imageURL);
const bytes = Buffer.from(await image.arrayBuffer());
if (bytes.subarray(1, 4).toString() !== 'PNG') throw new Error(`No PNG from ${new URL(image.url).origin}.`);
process.stdout.write(`${bytes.length} bytes of PNG from ${new URL(image.url).origin}\n`);
