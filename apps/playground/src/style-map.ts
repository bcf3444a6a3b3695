import { noChange } from 'lit';
import { directive, Directive, type AttributePart, type DirectiveParameters } from 'lit/directive.js';

type Styles = Readonly<Record<string, string | number | undefined | null>>;

const isGiven = (value: Styles[string]): value is string | number => value !== undefined && value !== null;

/**
 * Takes the place of Lit's `styleMap`, which the components use. That one writes an attribute at first, and the content
 * security policy refuses it; styles that scripts set are no inline styles.
 */
class StyleMap extends Directive {
  #names: readonly string[] = [];

  render(_styles: Styles): typeof noChange {
    return noChange;
  }

  override update({ element }: AttributePart, [styles]: DirectiveParameters<this>): typeof noChange {
    const { style } = element;
    const given = Object.entries(styles).filter(([, value]) => isGiven(value));
    const names = given.map(([name]) => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`));
    for (const name of this.#names) if (!names.includes(name)) style.removeProperty(name);
    for (const [i, name] of names.entries()) style.setProperty(name, String(given[i]?.[1]));
    this.#names = names;
    return noChange;
  }
}

export const styleMap = directive(StyleMap);
