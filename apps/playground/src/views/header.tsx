import icon from '../assets/icon.svg';
import { chooseLanguage, language, languages, texts } from '../state/language.js';
import { apiKey } from '../state/key.js';
import { root } from '../state/service.js';
import { chooseTheme, nextTheme, theme } from '../state/theme.js';
import { isKeyAsked } from '../state/dialogs.js';
import { Icon } from './icon.js';
import { IconButton } from './icon-button.js';

export const Header = () => {
  const t = texts.value;
  return (
    <header class="bar">
      <a class="brand" href={`${root}/`}>
        <img src={icon} alt="" width="28" height="28" />
        Clearcut
      </a>
      <nav class="row" aria-label="Clearcut">
        <a class="bar-link" aria-label={t.docs} href={`${root}/docs`} target="_blank" rel="noopener">
          <Icon name="book" />
          <span class="wide-only">{t.docs}</span>
        </a>
        <button
          type="button"
          class={`bar-link ${apiKey.value ? '' : 'wanted'}`}
          aria-label={t.key.open}
          onClick={() => (isKeyAsked.value = true)}
        >
          <Icon name="key" />
          <span class="wide-only">{t.key.open}</span>
        </button>
        <select
          class="bar-select"
          aria-label={t.language}
          value={language.value}
          onChange={(event) => chooseLanguage(event.currentTarget.value)}
        >
          {Object.entries(languages).map(([tag, { name }]) => (
            <option key={tag} value={tag}>
              {name}
            </option>
          ))}
        </select>
        <IconButton
          icon={theme.value}
          label={`${t.theme}: ${t.themes[theme.value]}`}
          onClick={() => chooseTheme(nextTheme())}
        />
      </nav>
    </header>
  );
};
