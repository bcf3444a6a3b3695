import { chosen } from '../state/chosen.js';
import type { CanvasSettings } from '../state/compose.js';
import { texts } from '../state/language.js';
import { pickPicture } from '../state/pick.js';
import { client, notice, presets } from '../state/service.js';
import { change, RangeSetting, SelectSetting } from './setting.js';

type Name = 'canvasWidth' | 'canvasHeight';

const SideSetting = ({ name, label }: { readonly name: Name; readonly label: string }) => (
  <label class="field">
    {label}
    <input
      type="number"
      min={16}
      max={8000}
      value={chosen.value[name]}
      onChange={({ currentTarget }) => {
        const side = Math.round(Number(currentTarget.value));
        if (side >= 1) change({ [name]: side });
      }}
    />
  </label>
);

type ColourName = 'groundColour' | 'groundColour2' | 'outlineColour';

const ColourSetting = ({ name, label }: { readonly name: ColourName; readonly label: string }) => (
  <label class="row between">
    {label}
    <input
      type="color"
      class="swatch"
      value={chosen.value[name]}
      onInput={({ currentTarget }) => change({ [name]: currentTarget.value })}
    />
  </label>
);

const uploadGround = async (file: File): Promise<void> => {
  try {
    const { imageUUID } = await client().upload(file);
    change({ ground: 'picture', groundImage: imageUUID, groundImageName: file.name });
  } catch (error) {
    notice.value = (error as Error).message;
  }
};

const Picture = () => {
  const t = texts.value.settings.canvas;
  const { groundImageName } = chosen.value;
  return (
    <div class="row between">
      <span class="quiet small">{groundImageName}</span>
      <wa-button
        size="s"
        appearance="outlined"
        onClick={() => pickPicture((file) => void uploadGround(file))}
      >
        {t.pick}
      </wa-button>
    </div>
  );
};

const Ground = () => {
  const t = texts.value.settings.canvas;
  const { canvas, ground } = chosen.value;
  const kinds: (readonly [CanvasSettings['ground'], string])[] = [
    ...(canvas === 'own' ? [] : ([['preset', t.asPreset]] as const)),
    ['clear', t.clear],
    ['colour', t.colour],
    ['gradient', t.gradient],
    ['blur', t.blurred],
    ['picture', t.picture],
  ];
  const shown = canvas === 'own' && ground === 'preset' ? 'clear' : ground;
  return (
    <>
      <SelectSetting
        label={t.ground}
        value={shown}
        options={kinds}
        onChange={(next) => change({ ground: next })}
      />
      {(shown === 'colour' || shown === 'gradient') && (
        <ColourSetting name="groundColour" label={shown === 'colour' ? t.colour : t.from} />
      )}
      {shown === 'gradient' && <ColourSetting name="groundColour2" label={t.to} />}
      {shown === 'blur' && <RangeSetting name="groundBlur" label={t.blur} min={1} max={20} />}
      {shown === 'picture' && <Picture />}
    </>
  );
};

const Decoration = () => {
  const t = texts.value.settings.canvas;
  const { canvas, shadow, outline } = chosen.value;
  const kinds: (readonly [CanvasSettings['shadow'], string])[] = [
    ...(canvas === 'own' ? [] : ([['preset', t.asPreset]] as const)),
    ['none', t.noShadow],
    ['drop', t.drop],
    ['contact', t.contact],
  ];
  return (
    <>
      <SelectSetting
        label={t.shadow}
        value={canvas === 'own' && shadow === 'preset' ? 'none' : shadow}
        options={kinds}
        onChange={(next) => change({ shadow: next })}
      />
      <RangeSetting name="outline" label={t.outline} min={0} max={5} step={0.5} />
      {outline > 0 && <ColourSetting name="outlineColour" label={t.outlineColour} />}
    </>
  );
};

const OwnCanvas = () => {
  const t = texts.value.settings.canvas;
  const anchors = [
    ['top', t.top],
    ['center', t.centre],
    ['bottom', t.bottom],
  ] as const;
  return (
    <>
      <div class="row sides">
        <SideSetting name="canvasWidth" label={t.width} />
        <SideSetting name="canvasHeight" label={t.height} />
      </div>
      <RangeSetting name="canvasMargin" label={t.margin} min={0} max={40} />
      <SelectSetting
        label={t.anchor}
        value={chosen.value.anchor}
        options={anchors}
        onChange={(anchor) => change({ anchor })}
      />
    </>
  );
};

/** The canvas that the subject is put on. */
export const CanvasOptions = () => {
  const t = texts.value.settings.canvas;
  const { canvas } = chosen.value;
  const known = presets.value
    .filter(({ parameter }) => parameter === 'compose.preset')
    .map(({ name }) => name);
  // What an earlier visit kept may be gone; the service says so.
  const names = new Set(canvas === '' || canvas === 'own' ? known : [...known, canvas]);
  const kinds: (readonly [value: string, text: string])[] = [
    ['', t.off],
    ['own', t.own],
    ...Array.from(names, (name) => [name, name] as const),
  ];
  return (
    <fieldset class="group">
      <legend>{t.title}</legend>
      <SelectSetting
        label={t.preset}
        value={canvas}
        options={kinds}
        onChange={(next) => change({ canvas: next })}
      />
      {canvas === 'own' && <OwnCanvas />}
      {canvas !== '' && <Ground />}
      {canvas !== '' && <Decoration />}
    </fieldset>
  );
};
