// Keeps the static shell, so that the app opens at once on a weak link and says calmly that the relay can not be
// reached. Nothing of the API ever passes through here: only the files of this build, named in SHELL.
const VERSION = '__VERSION__';
const SHELL = ['__SHELL__'];
const CACHE = `shell-${VERSION}`;
// Here the page keeps the language of the screens, as a tag: a ring comes when no page is there to ask.
const RING_CACHE = 'ring';
const RING_LANGUAGE = '/ring-language';
// By language: what a notification says. It tells nothing of the interview; the relay does not send anything of it.
const WORDS = '__WORDS__';

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(SHELL))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener('activate', (event) => {
  const forgetOthers = async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name !== CACHE && name !== RING_CACHE).map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(forgetOthers());
});

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (event.request.mode === 'navigate' && url.pathname === '/') {
    // The relay's page first, so that an update is seen at once; the kept one when the relay is away.
    event.respondWith(fetch(event.request).catch(() => caches.match('/', { cacheName: CACHE })));
  } else if (SHELL.includes(url.pathname)) {
    event.respondWith(caches.match(url.pathname, { cacheName: CACHE }).then((kept) => kept ?? fetch(event.request)));
  }
});

self.addEventListener('push', (event) => {
  event.waitUntil(isNotice(event) ? show(event.data.json()) : undefined);
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(openHome());
});

function isNotice(event) {
  try {
    return typeof event.data.json().ring === 'string';
  } catch {
    return false;
  }
}

// A page in front rings aloud by itself, if somebody is signed in there; so the notification is shown, without a sound.
// The end of a ring takes its place: browsers want every message to be seen, and the mediator learns of the call. In
// front of a page, which says so itself, nothing is left.
async function show({ kind, ring }) {
  const over = kind === 'ring_over';
  const inFront = await isInFront();
  if (over && inFront) {
    const shown = await self.registration.getNotifications({ tag: ring });
    shown.forEach((notification) => notification.close());
    return;
  }
  const words = await wordsOfStaff();
  // A relay that is newer than this worker may send what it has no words for: the page will show it.
  const { title, body } = words[kind] ?? words.booking_changed;
  const silent = over || inFront;
  const urgent = kind === 'ring' || kind === 'call_waits';
  await self.registration.showNotification(title, {
    tag: ring,
    body,
    icon: '/icon-192.png',
    silent,
    renotify: !silent,
    requireInteraction: urgent,
    ...(urgent && !silent ? { vibrate: [600, 300, 600, 300, 600] } : {}),
  });
}

async function wordsOfStaff() {
  const kept = await caches.match(RING_LANGUAGE, { cacheName: RING_CACHE });
  return WORDS[kept ? await kept.text() : 'en'] ?? WORDS.en;
}

async function pages() {
  return self.clients.matchAll({ type: 'window', includeUncontrolled: true });
}

async function isInFront() {
  return (await pages()).some((page) => page.visibilityState === 'visible');
}

async function openHome() {
  const [page] = await pages();
  // A page of ours shows the call wherever the mediator is in it; a session is not left.
  await (page ? page.focus() : self.clients.openWindow('/#/'));
}
