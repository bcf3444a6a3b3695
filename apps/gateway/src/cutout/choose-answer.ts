import { TaskError } from '#contract';

/** What a caller gets: a picture in that format, or the JSON of `POST /v1`. */
export type AnswerFormat = 'PNG' | 'WEBP' | 'JPG' | 'JSON';

const types: Readonly<Record<AnswerFormat, string>> = {
  PNG: 'image/png',
  WEBP: 'image/webp',
  JPG: 'image/jpeg',
  JSON: 'application/json',
};
const pictures = ['PNG', 'WEBP', 'JPG'] as const satisfies readonly AnswerFormat[];

/** One entry of an Accept header (RFC 9110, section 12.5.1). */
type Range = { readonly type: string; readonly quality: number };

const rangeOf = (text: string): Range => {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const quality = parameters.map((one) => /^q=(\d(?:\.\d+)?)$/.exec(one)?.[1]).find(Boolean);
  return { type, quality: Math.min(1, Number(quality ?? 1)) };
};

/** How well a range fits a type: 0 not at all, 3 exactly. */
const fit = ({ type }: Range, offered: string): number => {
  if (type === offered) return 3;
  if (type === `${offered.split('/', 1)[0]}/*`) return 2;
  return type === '*/*' ? 1 : 0;
};

type Offer = {
  readonly format: AnswerFormat;
  readonly quality: number;
  readonly fit: number;
  readonly at: number;
};

/** The range that fits an offer best decides about it. */
const judge = (format: AnswerFormat, ranges: readonly Range[]): Offer => {
  const fits = ranges.map((range) => fit(range, types[format]));
  const best = Math.max(0, ...fits);
  const at = fits.indexOf(best);
  return { format, quality: best > 0 ? (ranges[at]?.quality ?? 0) : 0, fit: best, at };
};

const byPreference = (a: Offer, b: Offer): number => b.quality - a.quality || b.fit - a.fit || a.at - b.at;

const known = Object.values(types);

const notOffered = () =>
  new TaskError('unsupportedAccept', `The header Accept must allow one of ${known.join(', ')}.`, {
    parameter: 'Accept',
    allowedValues: known,
  });

const contradiction = (format: AnswerFormat) =>
  new TaskError(
    'incompatibleParameters',
    `'outputFormat' asks for ${format}, and the header Accept does not allow ${types[format]}.`,
    { parameter: 'outputFormat' },
  );

/**
 * Chooses by the Accept header. Of what it likes equally well, the more precisely named comes first, then the earlier,
 * then PNG.
 *
 * @param format that the caller asked for; undefined when any will do
 * @throws TaskError unsupportedAccept; incompatibleParameters when it does not allow the format
 */
export const chooseAnswer = (accept: string | undefined, format: AnswerFormat | undefined): AnswerFormat => {
  const ranges = (accept?.trim() ? accept : '*/*').split(',').map(rangeOf);
  const acceptable = [...pictures, 'JSON' as const]
    .map((one) => judge(one, ranges))
    .filter(({ quality }) => quality > 0);
  if (acceptable.length === 0) throw notOffered();
  const offered = acceptable.filter((one) => !format || one.format === format || one.format === 'JSON');
  const [best] = offered.sort(byPreference);
  if (!best) throw contradiction(format ?? 'PNG');
  return best.format;
};
