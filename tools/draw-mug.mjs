// Draws docs/pictures/mug.jpg for the README and the tests, and mug-alpha.png, its true alpha. Run by hand when the
// drawing changes: node tools/draw-mug.mjs
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const WIDTH = 960;
const HEIGHT = 720;

const body =
  'M330 200 L630 200 C632 330 622 470 600 560 C596 582 574 592 550 592 L410 592 C386 592 364 582 360 560 C338 470 328 330 330 200 Z';
const handle = 'M624 270 C760 246 786 466 606 480';

const defs = `<defs>
  <linearGradient id="wall" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#9fb7c4"/><stop offset="1" stop-color="#5f7c8c"/></linearGradient>
  <linearGradient id="table" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#b98d5f"/><stop offset="1" stop-color="#7d5836"/></linearGradient>
  <linearGradient id="glaze" x1="0" y1="0" x2="1" y2="0"><stop offset="0" stop-color="#8e1f16"/><stop offset=".28" stop-color="#e4523f"/><stop offset=".45" stop-color="#f0705a"/><stop offset="1" stop-color="#7a1710"/></linearGradient>
  <radialGradient id="tea"><stop offset="0" stop-color="#5a2c12"/><stop offset="1" stop-color="#2d1206"/></radialGradient>
  <filter id="soft"><feGaussianBlur stdDeviation="14"/></filter>
  <filter id="blurred"><feGaussianBlur stdDeviation="9"/></filter>
</defs>`;

const photo = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}">${defs}
  <rect width="100%" height="100%" fill="url(#wall)"/>
  <g filter="url(#blurred)" opacity=".5"><rect x="60" y="40" width="190" height="270" fill="#d9d2bd"/><rect x="84" y="64" width="142" height="222" fill="#7f9a72"/><circle cx="830" cy="150" r="88" fill="#e8d9a8"/></g>
  <rect y="500" width="100%" height="220" fill="url(#table)"/>
  <g stroke="#6d4a2b" stroke-width="2" opacity=".35"><path d="M0 560 H960 M0 618 H960 M0 672 H960"/></g>
  <ellipse cx="505" cy="594" rx="210" ry="26" fill="#2a1a0c" opacity=".55" filter="url(#soft)"/>
  <path d="${handle}" fill="none" stroke="#8e1f16" stroke-width="40" stroke-linecap="round"/>
  <path d="${handle}" fill="none" stroke="#d8452f" stroke-width="20" stroke-linecap="round"/>
  <path d="${body}" fill="url(#glaze)"/>
  <ellipse cx="480" cy="200" rx="150" ry="34" fill="#f5e9dc"/><ellipse cx="480" cy="203" rx="136" ry="27" fill="url(#tea)"/>
  <path d="M392 270 C390 370 398 450 412 530" stroke="#ffc7b8" stroke-width="16" stroke-linecap="round" fill="none" opacity=".55" filter="url(#blurred)"/>
  <circle cx="480" cy="400" r="62" fill="#f5e9dc"/><circle cx="480" cy="400" r="36" fill="#d8452f"/>
</svg>`;

const mask = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}">
  <rect width="100%" height="100%" fill="#000"/>
  <path d="${handle}" fill="none" stroke="#fff" stroke-width="40" stroke-linecap="round"/>
  <path d="${body}" fill="#fff"/><ellipse cx="480" cy="200" rx="150" ry="34" fill="#fff"/>
</svg>`;

const file = (name) => fileURLToPath(new URL(`../docs/pictures/${name}`, import.meta.url));
await sharp(Buffer.from(photo)).jpeg({ quality: 92 }).toFile(file('mug.jpg'));
await sharp(Buffer.from(mask)).greyscale().png().toFile(file('mug-alpha.png'));
