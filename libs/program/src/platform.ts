/** What decides whether a machine can load the native packages. */
export type Platform = {
  readonly name: string;
  /** The version of glibc; undefined on systems without it. */
  readonly glibc: string | undefined;
};

/** The platforms that onnxruntime-node has a build for. Those for Linux need glibc. */
export const BUILDS: readonly string[] = [
  'darwin-arm64',
  'linux-arm64',
  'linux-x64',
  'win32-arm64',
  'win32-x64',
];

const thisPlatform = (): Platform => {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return { name: `${process.platform}-${process.arch}`, glibc: header.glibcVersionRuntime };
};

/**
 * For programs that run a network. Without this check a system loader fails, whose words name no remedy.
 *
 * @throws Error in one sentence when onnxruntime has no build for this machine
 */
export const requirePlatform = ({ name, glibc }: Platform = thisPlatform()): void => {
  if (!BUILDS.includes(name))
    throw new Error(
      `Clearcut cannot run a network on ${name}: onnxruntime has no build for it, only for ${BUILDS.join(', ')}.`,
    );
  if (name.startsWith('linux') && glibc === undefined)
    throw new Error(
      'Clearcut needs glibc: onnxruntime and the included Postgres have no builds for musl, as in Alpine. ' +
        'Use a system with glibc, such as the image node:24-bookworm-slim.',
    );
};
