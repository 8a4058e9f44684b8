import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { serviceWorker } from './service-worker-plugin.ts';

export default defineConfig({
  plugins: [svelte(), serviceWorker()],
  build: {
    target: 'es2022',
    // The relay forbids inline content; every style and image is a file of its own.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    // `npm run dev` beside a relay on this machine.
    proxy: { '/api': { target: 'https://localhost:8443', secure: false, ws: true } },
  },
  test: { include: ['src/**/*.test.ts'] },
});
