import { Icon, type IconName } from './icon.js';

type Props = {
  readonly icon: IconName;
  readonly label: string;
  readonly onClick: () => void;
  readonly disabled?: boolean;
  readonly class?: string;
};

/** A button without a text; its label is read out and shown as a tip. */
export const IconButton = ({ icon, label, onClick, disabled = false, class: kind = '' }: Props) => (
  <button
    type="button"
    class={`icon-button ${kind}`}
    aria-label={label}
    title={label}
    {...{ onClick, disabled }}
  >
    <Icon name={icon} />
  </button>
);
