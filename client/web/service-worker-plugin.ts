import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';
import { en } from './src/i18n/staff/en.ts';
import { sq } from './src/i18n/staff/sq.ts';
import { sr } from './src/i18n/staff/sr.ts';

/** Writes `sw.js` from `src/service-worker.js`, with the list of this build's static files, a version made of it, and words. */
export function serviceWorker(): Plugin {
  return {
    name: 'dragoman-service-worker',
    apply: 'build',
    generateBundle(_options, bundle) {
      // What is loaded only when it is asked for is not everybody's: a guest's telephone need not fetch the board.
      const lazy = new Set(
        Object.values(bundle).flatMap((part) =>
          part.type === 'chunk' && part.isDynamicEntry ? [part.fileName, ...(part.viteMetadata?.importedCss ?? [])] : [],
        ),
      );
      const built = Object.keys(bundle).filter((name) => !name.endsWith('.html') && !lazy.has(name));
      const copied = readdirSync('public');
      const shell = ['/', ...[...built, ...copied].map((name) => `/${name}`)].sort();
      const version = createHash('sha256')
        .update(JSON.stringify(shell))
        .update(copied.map((name) => readFileSync(join('public', name)).toString('base64')).join())
        .digest('hex')
        .slice(0, 16);
      this.emitFile({ type: 'asset', fileName: 'sw.js', source: serviceWorkerSource(version, shell) });
    },
  };
}

/** The service worker with what this build puts into it. */
export function serviceWorkerSource(version: string, shell: string[]): string {
  const fill = { "'__VERSION__'": version, "['__SHELL__']": shell, "'__WORDS__'": ringWords() };
  const source = readFileSync('src/service-worker.js', 'utf8');
  return Object.entries(fill).reduce((text, [mark, value]) => text.replace(mark, () => JSON.stringify(value)), source);
}

/** What a notification says, by the kind of message, in every language of the staff's screens. */
function ringWords() {
  const tables = Object.entries({ en, sq, sr }).map(([language, words]) => {
    const note = (title: string) => ({ title, body: words.noteTouch });
    const kinds = {
      ring: { title: words.incoming, body: words.ringTouch },
      ring_over: { title: words.ringOver, body: words.ringOverText },
      booking_asks: note(words.noteBookingAsks),
      booking_changed: note(words.noteBookingChanged),
      booking_soon: note(words.noteBookingSoon),
      booking_waits: note(words.noteBookingWaits),
      call_waits: note(words.noteCallWaits),
    };
    return [language, kinds] as const;
  });
  return Object.fromEntries(tables);
}
