import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

/** Writes `sw.js` from `src/service-worker.js`, with the list of this build's static files and a version made of it. */
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
      const source = readFileSync('src/service-worker.js', 'utf8')
        .replace("'__VERSION__'", JSON.stringify(version))
        .replace("['__SHELL__']", JSON.stringify(shell));
      this.emitFile({ type: 'asset', fileName: 'sw.js', source });
    },
  };
}
