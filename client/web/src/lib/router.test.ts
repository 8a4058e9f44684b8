import { expect, it, vi } from 'vitest';

vi.stubGlobal('location', { hash: '' });
vi.stubGlobal('addEventListener', () => undefined);
const { parseRoute } = await import('./router.svelte');

it('knows its pages, and takes anything else for home', () => {
  expect(parseRoute('#/link/Zk1Jx2mB9uTt0aQ4sW8eYcVn3LrHdGf6PiOoKjUhTgE')).toEqual({
    page: 'link',
    secret: 'Zk1Jx2mB9uTt0aQ4sW8eYcVn3LrHdGf6PiOoKjUhTgE',
  });
  expect(parseRoute('#/session/00000000-0000-4000-8000-000000000001').page).toBe('session');
  expect(parseRoute('#/transcript/00000000-0000-4000-8000-000000000001').page).toBe('transcript');
  expect(parseRoute('#/board/coverage')).toEqual({ page: 'board', tab: 'coverage' });
  expect(parseRoute('#/login')).toEqual({ page: 'login' });
  for (const other of ['', '#/', '#/link', '#/link/', '#/link/a b', '#/session/../x', '#/transcript', '#/nothing']) {
    expect(parseRoute(other), other).toEqual({ page: 'home' });
  }
});
