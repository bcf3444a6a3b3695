// The cases of docs/settings.md: the setting, what it is compared with, and the views. A view is the whole photo or an
// enlarged part (left, top, width, height), on a checkerboard unless it names a ground.
const whole = {};
const ear = { part: [230, 22, 120, 104] };
const tailHole = { part: [592, 450, 120, 104] };
const whiskers = { part: [168, 262, 120, 104] };
const back = { part: [152, 580, 120, 104] };

const pink = [240, 98, 146];
const matting = (more) => ({ settings: { alphaMatting: true, ...more } });
const refine = (field, value) => ({ on: { refine: { [field]: value } }, label: `refine.${field}: ${value}` });

export const cases = {
  'rgba-opaque': {
    label: 'rgba: [240, 98, 146, 1]',
    on: { settings: { rgba: [...pink, 1] } },
    views: [whole],
  },
  'rgba-half': {
    label: 'rgba: [240, 98, 146, 0.5]',
    on: { settings: { rgba: [...pink, 0.5] } },
    views: [whole],
  },
  'rgba-jpg': {
    offLabel: 'JPG without rgba',
    off: { outputFormat: 'JPG' },
    label: 'JPG, rgba: [240, 98, 146, 0]',
    on: { outputFormat: 'JPG', settings: { rgba: [...pink, 0] } },
    views: [whole],
  },
  'post-process-mask': {
    label: 'postProcessMask: true',
    on: { settings: { postProcessMask: true } },
    views: [whole, ear],
  },
  'return-only-mask': {
    label: 'returnOnlyMask: true',
    on: { settings: { returnOnlyMask: true } },
    views: [whole],
  },
  'alpha-matting': {
    label: 'alphaMatting: true',
    on: matting(),
    views: [whole, { ...ear, ground: '#101014' }, { ...ear, ground: '#ffffff' }],
  },
  'alpha-matting-parts': {
    label: 'alphaMatting: true',
    on: matting(),
    views: [
      { ...tailHole, ground: '#ff5ea8' },
      { ...whiskers, ground: '#101014' },
      { ...back, ground: '#ffffff' },
    ],
  },
  'foreground-threshold': {
    offLabel: 'alphaMattingForegroundThreshold: 240',
    off: matting(),
    label: '… 60',
    on: matting({ alphaMattingForegroundThreshold: 60 }),
    views: [tailHole, ear],
  },
  'background-threshold': {
    offLabel: 'alphaMattingBackgroundThreshold: 10',
    off: matting(),
    label: '… 160',
    on: matting({ alphaMattingBackgroundThreshold: 160 }),
    views: [tailHole, ear],
  },
  'erode-size': {
    offLabel: 'alphaMattingErodeSize: 5',
    off: matting({ alphaMattingErodeSize: 5 }),
    label: '… 25',
    on: matting({ alphaMattingErodeSize: 25 }),
    views: [ear, whiskers],
  },
  decontaminate: {
    ...refine('decontaminate', true),
    views: [
      { ...ear, ground: '#ffffff' },
      { ...tailHole, ground: '#ff5ea8' },
      { ...back, ground: '#101014' },
    ],
  },
  'decontaminate-feather': {
    offLabel: 'refine.feather: 4',
    off: { refine: { feather: 4 } },
    label: '… and decontaminate: true',
    on: { refine: { feather: 4, decontaminate: true } },
    views: [
      { ...ear, ground: '#ffffff' },
      { ...back, ground: '#101014' },
    ],
  },
  'edge-offset-in': { ...refine('edgeOffset', -4), views: [ear, tailHole] },
  'edge-offset-out': { ...refine('edgeOffset', 4), views: [ear, tailHole] },
  feather: { ...refine('feather', 4), views: [ear, tailHole] },
  warning: {
    label: 'alphaMattingForegroundThreshold: 255',
    on: matting({ alphaMattingForegroundThreshold: 255 }),
    views: [ear],
  },
};

/** The scenes of presets and their enlarged parts. */
export const presetScenes = {
  product: ['bottle', [330, 100, 180, 156]],
  hair: ['hair', [240, 60, 240, 208]],
  thin: ['wheel', [450, 60, 180, 156]],
};
