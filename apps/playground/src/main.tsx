import './styles/theme.css';
import './styles/layout.css';
import './styles/parts.css';
import './elements.js';
import { render } from 'preact';
import { App } from './views/app.js';
import { begin } from './state/begin.js';

void begin();
render(<App />, document.querySelector('#page')!);
