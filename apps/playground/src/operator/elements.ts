import '@awesome.me/webawesome/dist/styles/themes/default.css';
import '@awesome.me/webawesome/dist/components/button/button.js';
import '@awesome.me/webawesome/dist/components/dialog/dialog.js';
import { registerIconLibrary } from '@awesome.me/webawesome/dist/components/icon/library.js';
import close from 'lucide-static/icons/x.svg';

// The components ask for their icons by address. Those of the components' makers would come from another host.
for (const name of ['default', 'system']) registerIconLibrary(name, { resolver: () => close });
