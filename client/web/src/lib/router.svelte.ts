/** Where we are, from the address's fragment: it never reaches a server, so a link's secret stays here. */

export type Route =
  | { page: 'home' }
  /** A part of the coordinator's board. */
  | { page: 'board'; tab: string }
  | { page: 'login' }
  | { page: 'link'; secret: string }
  | { page: 'session'; id: string }
  /** What was written down in a session that is over. */
  | { page: 'transcript'; id: string };

export function parseRoute(hash: string): Route {
  const [, page, rest] = /^#\/([a-z]*)(?:\/([A-Za-z0-9_-]+))?$/.exec(hash) ?? [];
  if (page === 'login') return { page };
  if (page === 'link' && rest !== undefined) return { page, secret: rest };
  if (page === 'board' && rest !== undefined) return { page, tab: rest };
  if (page === 'session' && rest !== undefined) return { page, id: rest };
  if (page === 'transcript' && rest !== undefined) return { page, id: rest };
  return { page: 'home' };
}

class Router {
  route = $state(parseRoute(location.hash));

  constructor() {
    addEventListener('hashchange', () => (this.route = parseRoute(location.hash)));
  }

  /** Goes to a page; the one we leave stays behind the browser's back button. */
  go(hash: string): void {
    location.hash = hash;
  }

  /** Goes to a page and forgets the one we were at, for a link's secret must not stay in the history. */
  replace(hash: string): void {
    history.replaceState(null, '', hash);
    this.route = parseRoute(hash);
  }
}

export const router = new Router();
