/**
 * Compiles the AssemblyScript of libs/matting/assembly/<kernel>.ts to WebAssembly, and writes each module to
 * libs/matting/src/generated/<kernel>.ts as base64, so that the library reads no file at run time. Folders beside the
 * kernels hold shared code. Part of the build; by hand: node tools/build-kernels.mjs
 */
import asc from 'assemblyscript/asc';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const library = fileURLToPath(new URL('../libs/matting', import.meta.url));
const sources = join(library, 'assembly');
const generated = join(library, 'src/generated');

// The stub runtime without assertions and abort: a kernel imports nothing and works in its caller's memory.
const flags = ['-O3', '--enable', 'simd', '--runtime', 'stub', '--noAssert', '--use', 'abort='];

/** Returns the bytes of the module. The compiler prints errors to stderr. */
async function compile(kernel) {
  let bytes;
  const { error } = await asc.main(
    [`${kernel}.ts`, '--baseDir', sources, '--outFile', `${kernel}.wasm`, ...flags],
    { stderr: process.stderr, writeFile: (_, contents) => (bytes = contents) },
  );
  if (error) throw error;
  return bytes;
}

const kernels = readdirSync(sources)
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.slice(0, -'.ts'.length));

rmSync(generated, { recursive: true, force: true });
mkdirSync(generated, { recursive: true });
for (const kernel of kernels) {
  const base64 = Buffer.from(await compile(kernel)).toString('base64');
  writeFileSync(
    join(generated, `${kernel}.ts`),
    `/** assembly/${kernel}.ts as a WebAssembly module, in base64. */\nexport const base64 =\n  '${base64}';\n`,
  );
}
