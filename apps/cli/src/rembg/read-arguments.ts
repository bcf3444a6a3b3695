import { slugOfRembg } from '#models';
import { UsageError } from '../command.js';

export const flagUsage = `  -m, --model NAME       a slug, an AIR id, or rembg's name of a network
  -a, --alpha-matting    alpha of the edge from the colours of the photo
  -af N, -ab N, -ae N    its thresholds for subject and background, and its erosion
  -om, --only-mask       the mask in place of the cutout
  -ppm                   a crisp mask without specks
  -dc, --decontaminate   takes the background's colour out of the edge
  -bgc R G B A           colour of the background, each from 0 to 255
  --server URL, --key KEY, --local
                         as for remove`;

/** A flag of rembg: how many words follow it, and the arguments of `remove` for it. */
type Flag = { readonly takes: number; readonly toRemove: (values: readonly string[]) => readonly string[] };

const one =
  (name: string): Flag['toRemove'] =>
  ([value = '']) => [`--${name}=${value}`];
const plain = (name: string): Flag => ({ takes: 0, toRemove: () => [`--${name}`] });
const valued = (name: string): Flag => ({ takes: 1, toRemove: one(name) });
/** Changes nothing here. */
const none: Flag = { takes: 0, toRemove: () => [] };

const model: Flag = { takes: 1, toRemove: ([name = '']) => [`--model=${slugOfRembg(name)}`] };
const background: Flag = {
  takes: 4,
  toRemove: ([red, green, blue, alpha]) =>
    // The default of rembg.
    [red, green, blue, alpha].join() === '0,0,0,0'
      ? []
      : [`--rgba=${red},${green},${blue},${Number(alpha) / 255}`],
};

const flags: Readonly<Record<string, Flag>> = {
  '-m': model,
  '--model': model,
  '-a': plain('refine-alpha-matting'),
  '--alpha-matting': plain('refine-alpha-matting'),
  '-af': valued('refine-alpha-matting-foreground-threshold'),
  '--alpha-matting-foreground-threshold': valued('refine-alpha-matting-foreground-threshold'),
  '-ab': valued('refine-alpha-matting-background-threshold'),
  '--alpha-matting-background-threshold': valued('refine-alpha-matting-background-threshold'),
  '-ae': valued('refine-alpha-matting-erode-size'),
  '--alpha-matting-erode-size': valued('refine-alpha-matting-erode-size'),
  '-om': plain('return-only-mask'),
  '--only-mask': plain('return-only-mask'),
  '-ppm': plain('post-process-mask'),
  '--post-process-mask': plain('post-process-mask'),
  '-dc': plain('refine-decontaminate'),
  '--decontaminate': plain('refine-decontaminate'),
  '-bgc': background,
  '--bgcolor': background,
  '--accept-usage-cost': none,
  '--server': valued('server'),
  '--key': valued('key'),
  '--local': plain('local'),
};

/** Flags of rembg that have no equal, and why. */
const refused: Readonly<Record<string, string>> = {
  '-vm': 'there is no ViTMatte here; see -a and -dc',
  '--vitmatte': 'there is no ViTMatte here; see -a and -dc',
  '-x': 'it has no equal here',
  '--extras': 'it has no equal here',
  '-w': 'a folder is done once; run the command again for new images',
  '--watch': 'a folder is done once; run the command again for new images',
  '-d': 'the images are left where they are',
  '--delete_input': 'the images are left where they are',
};

type Read = {
  /** Arguments of `remove`. */
  readonly options: readonly string[];
  readonly words: readonly string[];
};

/** @throws UsageError */
export const readRembgArguments = (args: readonly string[], usage: string): Read => {
  const options: string[] = [];
  const words: string[] = [];
  const left = args.flatMap((arg) =>
    /^--[\w-]+=/.test(arg) ? [arg.slice(0, arg.indexOf('=')), arg.slice(arg.indexOf('=') + 1)] : [arg],
  );
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    const why = Object.hasOwn(refused, word) ? refused[word] : undefined;
    if (why !== undefined) throw new UsageError(`${word} is not supported: ${why}.`, usage);
    const flag = Object.hasOwn(flags, word) ? flags[word] : undefined;
    if (!flag && word.startsWith('-') && word !== '-')
      throw new UsageError(`There is no option ${word}.`, usage);
    if (!flag) words.push(word);
    else if (left.length < flag.takes) throw new UsageError(`${word} needs ${flag.takes} values.`, usage);
    else options.push(...flag.toRemove(left.splice(0, flag.takes)));
  }
  return { options, words };
};
