// Draws docs/pictures/cat.jpg, which shows the settings: fine hair, whiskers, a hole between tail and body, a subject
// that the edge cuts off, a coloured ground behind the hair. Also draws cat-alpha.png, the true alpha of each pixel.
// Run by hand when the drawing changes: node tools/draw-cat.mjs
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const WIDTH = 900;
const HEIGHT = 780;

/** Pseudo-random numbers, 0 … 1, the same on every run (mulberry32). */
let state = 20260731;
const random = () => {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
};
const around = (middle, reach) => middle + (random() * 2 - 1) * reach;
const byte = (value) => Math.round(Math.min(Math.max(value, 0), 255));
const rgb = (parts) => `rgb(${parts.map(byte).join(' ')})`;

const cream = [250, 232, 204];
const ginger = [226, 138, 66];
const white = [255, 248, 240];
const mix = (a, b, share) => a.map((value, i) => value * (1 - share) + b[i] * share);

const light = [-0.5, -0.66, 0.56];
const shadeOf = (nx, ny) => {
  const nz = Math.sqrt(Math.max(1 - nx * nx - ny * ny, 0));
  return 0.52 + 0.52 * Math.max(nx * light[0] + ny * light[1] + nz * light[2], 0);
};

/** The stripes of a tabby. */
const coat = ({ tint, stripes = 0 }, x, y) => {
  const wave = Math.sin(y * 0.075 + Math.sin(x * 0.021) * 1.9) + Math.sin(x * 0.031) * 0.35;
  return wave > 0.35 ? mix(tint, ginger, stripes) : tint;
};

/** A hair from its root, bent on its way down. */
const hair = ([x, y], [dx, dy], width, colour, opacity = 1) => {
  const bend = [x + dx * 0.55 + around(0, 2), y + dy * 0.5 - 2];
  const d = `M${x.toFixed(1)} ${y.toFixed(1)}Q${bend.map((v) => v.toFixed(1)).join(' ')} ${(x + dx).toFixed(1)} ${(y + dy).toFixed(1)}`;
  return `<path d="${d}" stroke="${colour}" stroke-width="${width.toFixed(2)}" opacity="${opacity}"/>`;
};

/** A ball of fur; `gravity` is how much its hair hangs. */
const fur = (part) => {
  const { at, radii, hairs, length, gravity = 0.35, flyaway = 0.05 } = part;
  const roots = Array.from({ length: hairs }, () => {
    const r = Math.sqrt(random());
    const angle = random() * Math.PI * 2;
    return [r * Math.cos(angle), r * Math.sin(angle)];
  }).sort((a, b) => b[1] - a[1]);

  const drawn = roots.map(([nx, ny]) => {
    const root = [at[0] + nx * radii[0], at[1] + ny * radii[1]];
    const isFlyaway = Math.hypot(nx, ny) > 0.8 && random() < flyaway;
    const reach = length * around(0.8, 0.4) * (isFlyaway ? 2.1 : 1);
    const direction = [nx * 0.95 + around(0, 0.3), ny * 0.85 + gravity + around(0, 0.3)];
    const shade = shadeOf(nx, ny) * around(1, 0.13);
    const colour = coat(part, ...root).map((value) => value * shade);
    return hair(
      root,
      direction.map((value) => value * reach),
      isFlyaway ? around(0.9, 0.3) : around(1.7, 0.7),
      rgb(colour),
    );
  });
  const base = rgb(part.tint.map((value) => value * 0.66));
  return `<ellipse cx="${at[0]}" cy="${at[1]}" rx="${radii[0]}" ry="${radii[1]}" fill="${base}"/>${drawn.join('')}`;
};

const bezier = ([a, b, c, d], t) =>
  a.map(
    (_, i) => a[i] * (1 - t) ** 3 + 3 * b[i] * t * (1 - t) ** 2 + 3 * c[i] * t * t * (1 - t) + d[i] * t ** 3,
  );

/** The tail leaves the body at the bottom and returns to the shoulder, which leaves a hole. */
const tail = Array.from({ length: 30 }, (_, i) => {
  const t = i / 29;
  const at = bezier(
    [
      [540, 770],
      [900, 800],
      [850, 330],
      [560, 420],
    ],
    t,
  );
  const radius = 36 + 8 * Math.sin(t * Math.PI);
  return fur({
    at,
    radii: [radius, radius],
    hairs: 420,
    length: 20,
    gravity: 0.1,
    tint: cream,
    stripes: 0.8,
    flyaway: 0.1,
  });
}).join('');

const ear = (points, inner) =>
  `<path d="${points}" fill="rgb(196 128 70)"/><path d="${inner}" fill="rgb(226 158 148)"/>`;
const ears =
  ear('M272 250 L268 92 Q330 120 376 176 Z', 'M292 226 L287 128 Q326 146 352 184 Z') +
  ear('M548 250 L556 92 Q492 120 444 176 Z', 'M528 226 L537 128 Q496 146 470 184 Z');
const tufts = [
  [296, 150, 20, 46],
  [526, 150, 20, 46],
  [276, 150, 12, 60],
  [548, 150, 12, 60],
]
  .map(([x, y, rx, ry]) =>
    fur({
      at: [x, y],
      radii: [rx, ry],
      hairs: 300,
      length: 26,
      gravity: -0.75,
      tint: cream,
      stripes: 0.6,
      flyaway: 0.2,
    }),
  )
  .join('');

const eye = (x, tilt) => `<g transform="translate(${x} 270) rotate(${tilt})">
  <ellipse rx="31" ry="25" fill="#3a2416"/><ellipse rx="27" ry="21" fill="url(#iris)"/>
  <ellipse rx="9" ry="20" fill="#0d0a08"/><circle cx="-9" cy="-8" r="6" fill="#fff"/><circle cx="9" cy="8" r="3" fill="#fff" opacity=".6"/></g>`;

const whiskers = [-1, 1]
  .flatMap((side) =>
    [-26, -8, 9, 25].map((lift) => {
      const [x, y] = [412 + side * 52, 336 + lift * 0.35];
      return `<path d="M${x} ${y}Q${x + side * 90} ${y + lift * 0.6 - 14} ${x + side * 185} ${y + lift * 2.4 + 14}" stroke="#fffaf2" stroke-width="1.7"/>`;
    }),
  )
  .join('');

const face = `${eye(352, -6)}${eye(472, 6)}
  <path d="M394 322 Q412 314 430 322 Q424 342 412 344 Q400 342 394 322 Z" fill="#c9706a" stroke="#8a4540" stroke-width="2"/>
  <path d="M412 344 V360 M412 360 Q396 378 376 368 M412 360 Q428 378 448 368" stroke="#6b4130" stroke-width="3"/>
  ${whiskers}`;

const subject = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}">
  <defs><radialGradient id="iris"><stop offset="0" stop-color="#d9e86a"/><stop offset=".7" stop-color="#8fae3a"/><stop offset="1" stop-color="#4c6420"/></radialGradient></defs>
  <g fill="none" stroke-linecap="round">
  ${tail}
  ${fur({ at: [412, 660], radii: [188, 250], hairs: 15000, length: 34, gravity: 0.6, tint: cream, stripes: 0.85, flyaway: 0.12 })}
  ${fur({ at: [350, 800], radii: [62, 130], hairs: 3500, length: 24, gravity: 0.7, tint: white, stripes: 0.3 })}
  ${fur({ at: [480, 800], radii: [62, 130], hairs: 3500, length: 24, gravity: 0.7, tint: white, stripes: 0.3 })}
  ${ears}${tufts}
  ${fur({ at: [412, 440], radii: [150, 120], hairs: 7000, length: 46, gravity: 0.75, tint: white, stripes: 0.1, flyaway: 0.12 })}
  ${fur({ at: [412, 275], radii: [150, 122], hairs: 11000, length: 22, gravity: 0.2, tint: cream, stripes: 0.8, flyaway: 0.14 })}
  ${fur({ at: [374, 348], radii: [44, 34], hairs: 1500, length: 14, tint: white })}
  ${fur({ at: [450, 348], radii: [44, 34], hairs: 1500, length: 14, tint: white })}
  ${face}</g></svg>`;

const spot = () =>
  `<circle cx="${around(450, 480)}" cy="${around(330, 360)}" r="${around(62, 34)}" fill="${['#f2c14e', '#59b86b', '#2f8f83', '#e86f51', '#a7d676'][Math.floor(random() * 5)]}" opacity="${around(0.4, 0.2)}"/>`;
const ground = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}"><defs>
  <linearGradient id="garden" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#0d5a4f"/><stop offset=".5" stop-color="#1f7d4a"/><stop offset="1" stop-color="#14405e"/></linearGradient></defs>
  <rect width="100%" height="100%" fill="url(#garden)"/>${Array.from({ length: 26 }, spot).join('')}</svg>`;

const noisy = ({ data, info }) => {
  for (let i = 0; i < data.length; i++) data[i] = byte(data[i] + (random() + random() + random() - 1.5) * 7);
  return sharp(data, { raw: info });
};

const file = (name) => fileURLToPath(new URL(`../docs/pictures/${name}`, import.meta.url));
// Blurs like a lens, so that the colours of the ground mix into the edge.
const cut = await sharp(Buffer.from(subject), { unlimited: true }).blur(0.7).png().toBuffer();
const garden = await sharp(Buffer.from(ground)).blur(16).removeAlpha().png().toBuffer();
const photo = await sharp(garden)
  .composite([{ input: cut }])
  .removeAlpha()
  .raw()
  .toBuffer({ resolveWithObject: true });
await noisy(photo).jpeg({ quality: 86 }).toFile(file('cat.jpg'));
await sharp(cut).extractChannel('alpha').png({ compressionLevel: 9 }).toFile(file('cat-alpha.png'));
