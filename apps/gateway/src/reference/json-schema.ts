export type Property = {
  readonly type?: string;
  readonly $ref?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Property[];
  readonly items?: Property;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Property>>;
};
export type ObjectSchema = {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Property>>;
  readonly required?: readonly string[];
};

export const escape = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

export const typeOf = (property: Property): string => {
  if (property.const !== undefined) return `\`${JSON.stringify(property.const)}\``;
  if (property.enum) return property.enum.map((value) => `\`${JSON.stringify(value)}\``).join(' \\| ');
  if (property.anyOf) return property.anyOf.map(typeOf).join(' \\| ');
  if (property.type === 'array' && property.items) return `array of ${typeOf(property.items)}`;
  return property.type ?? 'any';
};

export type Document = ObjectSchema & {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, ObjectSchema>>;
};

/** Named schemas are referred to, the outermost included; the page shows what they stand for. */
export const resolve = <T extends Property | ObjectSchema>(
  part: T & { readonly $ref?: string },
  { $defs = {} }: Document,
): T => {
  const name = part.$ref?.split('/').at(-1);
  return name === undefined ? part : { ...$defs[name], ...part };
};

export const json = (value: unknown) => ['```json', JSON.stringify(value, undefined, 2), '```'];
