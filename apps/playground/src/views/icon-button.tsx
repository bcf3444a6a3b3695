import { Icon, type IconName } from './icon.js';

type Props = {
  readonly icon: IconName;
  readonly label: string;
  readonly onClick: () => void;
  readonly disabled?: boolean;
  /** For the pointer alone, where the keyboard has another way. */
  readonly pointerOnly?: boolean;
};

/** A button without a text; its label is read out and shown as a tip. */
export const IconButton = ({ icon, label, onClick, disabled = false, pointerOnly = false }: Props) => (
  <button
    type="button"
    class="icon-button"
    tabindex={pointerOnly ? -1 : 0}
    aria-label={label}
    title={label}
    {...{ onClick, disabled }}
  >
    <Icon name={icon} />
  </button>
);
