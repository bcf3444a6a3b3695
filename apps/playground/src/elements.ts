import '@awesome.me/webawesome/dist/styles/themes/default.css';
import '@awesome.me/webawesome/dist/components/button/button.js';
import '@awesome.me/webawesome/dist/components/comparison/comparison.js';
import '@awesome.me/webawesome/dist/components/dialog/dialog.js';
import '@awesome.me/webawesome/dist/components/radio-group/radio-group.js';
import '@awesome.me/webawesome/dist/components/radio/radio.js';
import '@awesome.me/webawesome/dist/components/slider/slider.js';
import '@awesome.me/webawesome/dist/components/switch/switch.js';
import '@awesome.me/webawesome/dist/translations/de.js';
import { registerIconLibrary } from '@awesome.me/webawesome/dist/components/icon/library.js';
import close from 'lucide-static/icons/x.svg';
import compare from 'lucide-static/icons/move-horizontal.svg';

const files: Readonly<Record<string, string>> = { xmark: close };

// The components ask for their icons by address. Those of the components' makers would come from another host.
for (const name of ['default', 'system'])
  registerIconLibrary(name, { resolver: (icon) => files[icon] ?? compare });
