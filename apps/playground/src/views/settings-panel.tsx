import { chosen } from '../state/chosen.js';
import { texts } from '../state/language.js';
import { MODEL_WITH_SETTINGS, plain, type Format } from '../state/settings.js';
import { CanvasOptions } from './canvas-settings.js';
import { Choice } from './choice.js';
import { ModelChoice } from './model-choice.js';
import { change, RangeSetting, SelectSetting, ToggleSetting } from './setting.js';

const formats: readonly (readonly [Format, string])[] = [
  ['PNG', 'PNG'],
  ['WEBP', 'WEBP'],
  ['JPG', 'JPG'],
];

const File = () => {
  const t = texts.value.settings;
  const { format } = chosen.value;
  return (
    <fieldset class="group">
      <legend>{t.format}</legend>
      <Choice
        class="wide"
        label={t.format}
        value={format}
        options={formats}
        onChange={(next) => change({ format: next })}
      />
      {format !== 'PNG' && <RangeSetting name="quality" label={t.quality} min={20} max={99} />}
    </fieldset>
  );
};

const FineTuning = () => {
  const t = texts.value.settings;
  return (
    <details class="fine">
      <summary>{t.fine}</summary>
      <div class="stack">
        <RangeSetting name="foreground" label={t.foreground} min={1} max={255} />
        <RangeSetting name="background" label={t.background} min={1} max={255} />
        <RangeSetting name="erode" label={t.erode} min={1} max={60} />
      </div>
    </details>
  );
};

type Words = typeof texts.value.settings;

const edgeKinds = ({ edgePresets }: Words): (readonly [value: string, text: string])[] => [
  ['', edgePresets.none],
  ['product', edgePresets.product],
  ['hair', edgePresets.hair],
  ['thin', edgePresets.thin],
];

const Edges = () => {
  const t = texts.value.settings;
  const { edge, hair, levels } = chosen.value;
  return (
    <fieldset class="group">
      <legend>{t.edges}</legend>
      <SelectSetting
        label={t.edgeKind}
        value={edge}
        options={edgeKinds(t)}
        onChange={(next) => change({ edge: next })}
      />
      <ToggleSetting name="hair" label={t.hair} hint={t.hairHint} />
      {hair && <FineTuning />}
      <ToggleSetting name="cleanColours" label={t.colours} hint={t.coloursHint} />
      <RangeSetting name="edgeOffset" label={t.offset} min={-20} max={20} />
      <RangeSetting name="feather" label={t.feather} min={0} max={20} step={0.5} />
      <ToggleSetting name="levels" label={t.levels} hint={t.levelsHint} />
      {levels && (
        <>
          <RangeSetting name="low" label={t.low} min={0} max={100} />
          <RangeSetting name="high" label={t.high} min={155} max={255} />
        </>
      )}
    </fieldset>
  );
};

const Fill = () => {
  const t = texts.value.settings;
  const { fill } = chosen.value;
  return (
    <div class="row between">
      <wa-switch
        size="s"
        checked={fill !== ''}
        onChange={(event) =>
          change({ fill: (event.currentTarget as unknown as HTMLInputElement).checked ? '#ffffff' : '' })
        }
      >
        {t.fill}
      </wa-switch>
      {fill !== '' && (
        <input
          type="color"
          class="swatch"
          aria-label={t.fillColour}
          value={fill}
          onInput={(event) => change({ fill: event.currentTarget.value })}
        />
      )}
    </div>
  );
};

const Output = () => {
  const t = texts.value.settings;
  if (chosen.value.model !== MODEL_WITH_SETTINGS) return null;
  return (
    <fieldset class="group">
      <legend>{t.output}</legend>
      {chosen.value.canvas === '' && <Fill />}
      <ToggleSetting name="crisp" label={t.crisp} hint={t.crispHint} />
      <ToggleSetting name="onlyMask" label={t.mask} hint={t.maskHint} />
    </fieldset>
  );
};

/** What is asked of the service. The selected photo follows each change. */
export const SettingsPanel = () => {
  const t = texts.value.settings;
  return (
    <div class="settings">
      <ModelChoice />
      <File />
      <Edges />
      <CanvasOptions />
      <Output />
      <div>
        <wa-button
          size="s"
          appearance="plain"
          onClick={() => change({ ...plain, model: chosen.peek().model })}
        >
          {t.reset}
        </wa-button>
      </div>
    </div>
  );
};
