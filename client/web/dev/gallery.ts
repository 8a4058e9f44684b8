/** Shows one screen with sample views: `/dev/gallery.html?screen=officer&language=sq`. Never part of a build. */
import '../src/style/tokens.css';
import '../src/style/base.css';
import '../src/style/controls.css';
import { words } from '../src/i18n/index.svelte';
import type { GuestLanguage } from '../src/i18n/screens';
import { SCREENS } from './screens';

const asked = new URLSearchParams(location.search);
words.choose((asked.get('language') ?? 'en') as GuestLanguage);
const target = document.getElementById('app');
const screen = SCREENS[asked.get('screen') ?? 'officer'];
if (target !== null && screen !== undefined) screen(target);
else document.body.append(...Object.keys(SCREENS).map((name) => `${name} `));

