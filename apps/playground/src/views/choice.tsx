type Props<T extends string> = {
  readonly label: string;
  readonly value: T;
  readonly options: readonly (readonly [value: T, text: string])[];
  readonly onChange: (value: T) => void;
  readonly class?: string;
};

/** A row of which one is chosen. */
export const Choice = <T extends string>({ label, value, options, onChange, class: kind = '' }: Props<T>) => (
  <wa-radio-group
    class={`choice ${kind}`}
    size="s"
    orientation="horizontal"
    label={label}
    value={value}
    onChange={(event) => onChange((event.currentTarget as unknown as { value: T }).value)}
  >
    {options.map(([each, text]) => (
      <wa-radio key={each} appearance="button" value={each}>
        {text}
      </wa-radio>
    ))}
  </wa-radio-group>
);
