import { sampleAddress, takeSample } from '../state/add.js';
import { pickPhotos } from '../state/pick.js';
import { texts } from '../state/language.js';
import { Icon } from './icon.js';

/** What a person sees first. */
export const Empty = () => {
  const t = texts.value.empty;
  return (
    <main class="empty" id="main">
      <div class="empty-words">
        <h1>{t.title}</h1>
        <p class="lead">{t.lead}</p>
      </div>
      <div class="drop-zone">
        <span class="drop-mark">
          <Icon name="upload" />
        </span>
        <p class="drop-title">{t.drop}</p>
        <p class="quiet">{t.paste}</p>
        <div class="row centred">
          <wa-button variant="brand" size="l" onClick={() => pickPhotos()}>
            <Icon slot="start" name="add" />
            {t.pick}
          </wa-button>
          <wa-button appearance="outlined" size="l" onClick={() => pickPhotos(true)}>
            <Icon slot="start" name="folder" />
            {t.folder}
          </wa-button>
        </div>
        <p class="quiet small">{t.facts}</p>
      </div>
      <button type="button" class="sample" onClick={() => void takeSample()}>
        <img src={sampleAddress} alt="" width="152" height="132" />
        <span>
          <Icon name="sparkles" /> {t.sample}
        </span>
      </button>
    </main>
  );
};
