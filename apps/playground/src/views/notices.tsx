import { refused } from '../state/add.js';
import { texts } from '../state/language.js';
import { entries } from '../state/photos.js';
import { notice } from '../state/service.js';
import { keepFault } from '../state/store.js';
import { Icon } from './icon.js';
import { IconButton } from './icon-button.js';

type Line = { readonly text: string; readonly lang?: 'en'; readonly dismiss: () => void };

const lines = (): Line[] => {
  const t = texts.value.notices;
  const { others = 0, beyond = 0 } = refused.value ?? {};
  const skipped = [others > 0 && t.others(others), beyond > 0 && t.beyond(beyond)].filter(
    (text) => text !== false,
  );
  const kept = keepFault.value;
  return [
    ...(skipped.length > 0 ? [{ text: skipped.join(' '), dismiss: () => (refused.value = undefined) }] : []),
    ...(kept && entries.value.length > 0
      ? [{ text: t[kept], dismiss: () => (keepFault.value = undefined) }]
      : []),
    ...(notice.value
      ? [{ text: notice.value, lang: 'en' as const, dismiss: () => (notice.value = '') }]
      : []),
  ];
};

/** What a person should know, and can put away. */
export const Notices = () => (
  <div class="notices" role="status">
    {lines().map(({ text, lang, dismiss }) => (
      <p key={text} class="notice">
        <Icon name="warning" />
        <span lang={lang}>{text}</span>
        <IconButton icon="x" label={texts.value.notices.dismiss} onClick={dismiss} />
      </p>
    ))}
  </div>
);
