import { isOpen } from '../state/begin.js';
import { areSettingsShown } from '../state/dialogs.js';
import { texts } from '../state/language.js';
import { entries } from '../state/photos.js';
import { ClearDialog } from './clear-dialog.js';
import { CodeDialog } from './code-dialog.js';
import { DropTarget } from './drop-target.js';
import { Empty } from './empty.js';
import { Header } from './header.js';
import { KeyDialog } from './key-dialog.js';
import { ListHead } from './list-head.js';
import { List } from './list.js';
import { Notices } from './notices.js';
import { SettingsPanel } from './settings-panel.js';
import { Viewer } from './viewer.js';

const Work = () => {
  const t = texts.value;
  return (
    <div class="work">
      <section class="side photos" aria-label={t.list}>
        <ListHead />
        <List />
      </section>
      <Viewer />
      <section class="side wide-only" aria-label={t.settings.title}>
        <SettingsPanel />
      </section>
      <wa-dialog
        label={t.settings.title}
        open={areSettingsShown.value}
        light-dismiss
        onwa-after-hide={(event) => {
          if (event.target === event.currentTarget) areSettingsShown.value = false;
        }}
      >
        {areSettingsShown.value && <SettingsPanel />}
      </wa-dialog>
    </div>
  );
};

export const App = () => (
  <>
    <Header />
    <Notices />
    {isOpen.value && (entries.value.length === 0 ? <Empty /> : <Work />)}
    <KeyDialog />
    <CodeDialog />
    <ClearDialog />
    <DropTarget />
  </>
);
