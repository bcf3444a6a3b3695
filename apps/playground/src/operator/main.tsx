import '../styles/theme.css';
import '../styles/layout.css';
import '../styles/parts.css';
import './operator.css';
import './elements.js';
import { render } from 'preact';
import { App } from './app.js';
import { keepFresh } from './state.js';

keepFresh();
render(<App />, document.querySelector('#page')!);
