import type { Model } from '#client/browser';
import { chosen } from '../state/chosen.js';
import { language, numberText, texts } from '../state/language.js';
import { speedOf } from '../state/pace.js';
import { usableModels } from '../state/service.js';
import { change } from './setting.js';

/** Where it runs, and how fast it was on this page. */
const speedText = ({ id, servedBy }: Model): string => {
  const t = texts.value.settings;
  const device = servedBy[0]?.device ?? '';
  const seconds = speedOf.value[id];
  const where = t.on(device.startsWith('cpu') ? 'CPU' : device.toUpperCase());
  return seconds === undefined ? where : `${t.perImage(numberText(seconds))}, ${where}`;
};

/** What the service says of a model is English in every language of the page. */
const Card = ({ model }: { readonly model: Model }) => {
  const t = texts.value.settings;
  const { id, name, goodAt, licence } = model;
  return (
    <label class={`model ${chosen.value.model === id ? 'chosen' : ''}`}>
      <input
        type="radio"
        name="model"
        value={id}
        checked={chosen.value.model === id}
        onChange={() => change({ model: id })}
      />
      <span class="model-words">
        <strong lang="en">{name}</strong>
        <span class="quiet small" lang="en">
          {goodAt}
        </span>
        <span class="quiet small">{speedText(model)}</span>
        <span class={`licence ${licence.commercial}`} title={licence.terms} lang="en">
          {licence.name}: <span lang={language.value}>{t.licences[licence.commercial]}</span>
        </span>
      </span>
    </label>
  );
};

/** The models that a worker serves. */
export const ModelChoice = () => {
  const t = texts.value.settings;
  const usable = usableModels.value;
  return (
    <fieldset class="group">
      <legend>{t.model}</legend>
      {usable.length === 0 && <p class="quiet small">{t.noModels}</p>}
      {usable.map((model) => (
        <Card key={model.id} model={model} />
      ))}
    </fieldset>
  );
};
