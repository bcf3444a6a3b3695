import { chosen } from '../state/chosen.js';
import type { Settings } from '../state/settings.js';

type Of<T> = { [K in keyof Settings]: Settings[K] extends T ? K : never }[keyof Settings];

export const change = (part: Partial<Settings>): void => {
  chosen.value = { ...chosen.peek(), ...part };
};

type Toggle = { readonly name: Of<boolean>; readonly label: string; readonly hint?: string };

export const ToggleSetting = ({ name, label, hint = '' }: Toggle) => (
  <wa-switch
    size="s"
    checked={chosen.value[name]}
    hint={hint}
    onChange={(event) => change({ [name]: (event.currentTarget as unknown as HTMLInputElement).checked })}
  >
    {label}
  </wa-switch>
);

type Range = {
  readonly name: Of<number>;
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly step?: number;
};

/** A slider with its value beside the label. */
export const RangeSetting = ({ name, label, min, max, step = 1 }: Range) => {
  const value = chosen.value[name];
  return (
    <div class="range">
      <output class="range-value">{value}</output>
      <wa-slider
        size="s"
        {...{ label, min, max, step, value }}
        onInput={(event) => change({ [name]: (event.currentTarget as unknown as { value: number }).value })}
      />
    </div>
  );
};

type Select<T extends string> = {
  readonly label: string;
  readonly value: T;
  readonly options: readonly (readonly [value: T, text: string])[];
  readonly onChange: (value: T) => void;
};

/** One of a list. */
export const SelectSetting = <T extends string>({ label, value, options, onChange }: Select<T>) => (
  <label class="field">
    {label}
    <select value={value} onChange={(event) => onChange(event.currentTarget.value as T)}>
      {options.map(([each, text]) => (
        <option key={each} value={each} selected={each === value}>
          {text}
        </option>
      ))}
    </select>
  </label>
);
