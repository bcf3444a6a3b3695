// The touch-up of docs/settings.md: three strokes along whiskers that alpha matting made faint.
import sharp from 'sharp';

const photo = { width: 900, height: 780 };
/** Where the tips of three whiskers are, and how they bend: as in tools/draw-cat.mjs. */
const lifts = [-26, 9, 25];

const svg = (paths) =>
  Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${photo.width}" height="${photo.height}"><g fill="none" shape-rendering="crispEdges">${paths.join('')}</g></svg>`,
  );

const pathOf = (lift) => {
  const y = 336 + lift * 0.35;
  return `M360 ${y}Q270 ${y + lift * 0.6 - 14} 175 ${y + lift * 2.4 + 14}`;
};

const stroke = (colour, width) => (lift) =>
  `<path d="${pathOf(lift)}" stroke="${colour}" stroke-width="${width}"/>`;

/** What a person paints, as a PNG in base64. */
export const hint = async () =>
  (
    await sharp(svg(lifts.map(stroke('#fff', 1))))
      .png()
      .toBuffer()
  ).toString('base64');

export const hintRadius = 3;

/** The photo with the strokes in a colour that shows. */
export const shown = (file) =>
  sharp(file)
    .composite([{ input: svg(lifts.map(stroke('#ff00c8', 1.5))) }])
    .png()
    .toBuffer();
