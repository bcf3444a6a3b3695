import icon from '../assets/icon.svg';
import { chooseTheme, nextTheme, theme } from '../state/theme.js';
import { Icon } from '../views/icon.js';
import { IconButton } from '../views/icon-button.js';
import { Dialogs } from './dialogs.js';
import { moment } from './format.js';
import { Keys } from './keys.js';
import { actionFault, dialog, isPaused, overview, refresh, refreshFault } from './state.js';
import { Throughput } from './throughput.js';
import { Tiles } from './tiles.js';
import { Webhooks } from './webhooks.js';
import { Outcomes, Owners, Queues, Suspects, Workers } from './work.js';

const togglePause = () => {
  isPaused.value = !isPaused.peek();
  if (!isPaused.peek()) void refresh();
};

const Bar = () => (
  <header class="bar">
    <a class="brand" href="./">
      <img src={icon} alt="" width="28" height="28" />
      Clearcut operator
    </a>
    <nav class="row" aria-label="Operator">
      <span class="quiet small wide-only" role="status">
        {isPaused.value ? 'paused at' : 'as of'} {moment(overview.value?.at ?? null)}
      </span>
      <button type="button" class="bar-link" aria-pressed={isPaused.value} onClick={togglePause}>
        {isPaused.value ? 'Go on' : 'Pause'}
      </button>
      <a class="bar-link" href="./queues/" aria-label="Jobs">
        <Icon name="sliders" />
        <span class="wide-only">Jobs</span>
      </a>
      <IconButton
        icon={theme.value}
        label={`Colours: ${theme.value}`}
        onClick={() => chooseTheme(nextTheme())}
      />
    </nav>
  </header>
);

const Faults = () => {
  // What a dialog asked for is told there.
  const faults = [refreshFault.value, dialog.value ? '' : actionFault.value].filter(Boolean);
  return (
    <div role="alert">
      {faults.map((fault) => (
        <p key={fault} class="card fault-text">
          {fault}
        </p>
      ))}
    </div>
  );
};

export const App = () => {
  const shown = overview.value;
  return (
    <>
      <Bar />
      <main class="operator">
        <h1 class="visually-hidden">State of the service</h1>
        <Faults />
        {shown ? (
          <>
            <Tiles overview={shown} />
            <Throughput overview={shown} />
            <Queues overview={shown} />
            <Workers overview={shown} />
            <div class="columns">
              <Outcomes overview={shown} />
              <Owners overview={shown} />
            </div>
            <Webhooks overview={shown} />
            <Keys overview={shown} />
            <Suspects overview={shown} />
          </>
        ) : (
          <p class="quiet">Reading …</p>
        )}
      </main>
      <Dialogs />
    </>
  );
};
